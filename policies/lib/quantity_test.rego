package lib.quantity_test

import data.lib.quantity

test_numbers if {
	quantity.pods(2, 5, "up") == 2
	quantity.pods(0, 5, "down") == 0
}

test_percentages_are_rounded if {
	quantity.pods("50%", 5, "up") == 3
	quantity.pods("50%", 5, "down") == 2
	quantity.pods("100%", 3, "up") == 3
}

test_neither if {
	not quantity.pods("many", 5, "up")
	not quantity.percent("50")
	not quantity.percent(50)
}
