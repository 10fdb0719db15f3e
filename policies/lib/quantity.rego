# METADATA
# description: Numbers that Kubernetes writes as text.
package lib.quantity

# A number of Pods of a total, from a number or a percentage; `round` is "up" or "down".
pods(value, _, _) := value if is_number(value)

pods(value, total, "up") := ceil((percent(value) * total) / 100)

pods(value, total, "down") := floor((percent(value) * total) / 100)

percent(value) := to_number(trim_suffix(value, "%")) if {
	is_string(value)
	regex.match(`^[0-9]{1,9}%$`, value)
}
