//! What differs among the older minors: asked of the servers of 1.30 to 1.36.

use serde_json::{Value, json};

use super::{Case, POD_UPDATES, created, deployment, job, pod, stateful, volume};

fn updated(name: &'static str, old: Value, new: Value, says: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, new, old: Some(old), says }
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[field] = value;
    object
}

fn slice(family: &str, address: &str) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "a"},
        "addressType": family, "endpoints": [{"addresses": [address]}]})
}

fn claim(request: &Value) -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "a"},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": request}]}}})
}

fn service(spec: &Value) -> Value {
    let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
    service["spec"]["ports"] = json!([{"port": 80}]);
    service
}

fn cron_job(condition: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {"schedule": "0 0 * * *",
        "jobTemplate": {"spec": {"podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [condition]}]},
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}}}}}})
}

/// What differs among the older minors.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    let none = json!({});
    let policy = |metadata: Value| json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": {"podSelector": {}}});
    let parameters = |parameters: Value| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}, "provisioner": "a",
            "parameters": parameters})
    };
    let resource_slice = |per_device: bool| {
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "a"}, "spec": {
            "driver": "a.b", "nodeName": "n", "perDeviceNodeSelection": per_device,
            "pool": {"name": "p", "resourceSliceCount": 1, "generation": 1}}})
    };
    let generated = json!({"name": "a", "generateName": "A_"});
    let in_pod = pod(&none);
    let tolerant =
        json!({"deviceClassName": "a", "tolerations": [{"key": "a", "operator": "Exists", "effect": "Later"}]});
    let both = with(
        claim(&json!({"deviceClassName": "a"})),
        "/spec/devices/requests/0/firstAvailable",
        json!([{"name": "s"}]),
    );
    vec![
        updated(
            "what a Pod had in its security context is gone, whatever it was",
            with(in_pod.clone(), "/spec/securityContext", json!({"fsGroup": 1, "runAsUser": 2, "runAsGroup": 3})),
            with(in_pod.clone(), "/spec/securityContext", json!({})),
            &[("1.30-1.37", POD_UPDATES)],
        ),
        updated(
            "whether a container starts again",
            in_pod.clone(),
            with(in_pod.clone(), "/spec/containers/0/restartPolicy", json!("Never")),
            &[
                ("1.30-1.33", "spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers"),
                ("1.30-1.33,1.35-1.37", POD_UPDATES),
            ],
        ),
        updated(
            "resources of a Pod",
            in_pod.clone(),
            with(in_pod.clone(), "/spec/resources", json!({})),
            &[("1.30-1.31", "spec.resources: unknown field \"spec.resources\""), ("1.34-1.37", POD_UPDATES)],
        ),
        created(
            "an image as a volume without a name",
            deployment(&json!({"volumes": [{"image": {"reference": "a"}}]}), &none),
            &[
                (
                    "1.30-1.30",
                    "spec.template.spec.volumes[0].image: unknown field \"spec.template.spec.volumes[0].image\"",
                ),
                ("1.30-1.30,1.35-1.37", "spec.template.spec.volumes[0].name: Required value"),
            ],
        ),
        created(
            "a condition of the Jobs of a CronJob without a status",
            cron_job(&json!({"type": "DisruptionTarget"})),
            &[(
                "1.30-1.33",
                "spec.jobTemplate.spec.podFailurePolicy.rules[0].onPodConditions[0].status: Required value: valid values: \
                 [\"False\" \"True\" \"Unknown\"]",
            )],
        ),
        created("and with one", cron_job(&json!({"type": "DisruptionTarget", "status": "True"})), &[]),
        updated(
            "what a policy's name would be made of",
            policy(json!({"name": "a"})),
            policy(generated.clone()),
            &[(
                "1.30-1.35",
                "metadata.generateName: Invalid value: \"A_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            )],
        ),
        updated(
            "what a Service's name would be made of",
            service(&json!({})),
            with(service(&json!({})), "/metadata", generated.clone()),
            &[(
                "1.30-1.33",
                "metadata.generateName: Invalid value: \"A_\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
            )],
        ),
        updated(
            "what a Pod's name would be made of",
            in_pod.clone(),
            with(in_pod, "/metadata", generated),
            &[(
                "1.30-1.37",
                "metadata.generateName: Invalid value: \"A_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            )],
        ),
        created(
            "an address of the other family",
            slice("IPv6", "10.0.0.1"),
            &[
                ("1.30-1.32", "endpoints[0].addresses[0]: Invalid value: \"10.0.0.1\": must be a valid IPv6 address"),
                ("1.33-1.37", "endpoints[0].addresses: Invalid value: \"10.0.0.1\": must be an IPv6 address"),
            ],
        ),
        created(
            "an address that is not canonical",
            slice("IPv6", "2001:DB8::1"),
            &[(
                "1.33-1.37",
                "endpoints[0].addresses[0]: Invalid value: \"2001:DB8::1\": must be in canonical form (\"2001:db8::1\")",
            )],
        ),
        updated(
            "another family for the same addresses",
            slice("IPv4", "10.0.0.1"),
            slice("IPv6", "10.0.0.1"),
            &[
                ("1.30-1.37", "addressType: Invalid value: \"IPv6\": field is immutable"),
                ("1.30-1.32", "endpoints[0].addresses[0]: Invalid value: \"10.0.0.1\": must be a valid IPv6 address"),
            ],
        ),
        updated(
            "hints for nodes, which are dropped in an update too",
            slice("IPv4", "10.0.0.1"),
            with(slice("IPv4", "10.0.0.1"), "/endpoints/0/hints", json!({"forNodes": [{"name": "A"}]})),
            &[
                ("1.30-1.32", "endpoints[0].hints.forNodes: unknown field \"endpoints[0].hints.forNodes\""),
                (
                    "1.34-1.37",
                    "endpoints[0].hints.forNodes[0].name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                ),
            ],
        ),
        updated(
            "no parameters, said aloud",
            class_without_parameters(),
            parameters(json!({})),
            &[("1.30-1.35", "parameters: Forbidden: updates to parameters are forbidden.")],
        ),
        created(
            "what a claim tolerates",
            claim(&tolerant),
            &[(
                "1.34-1.34,1.36-1.37",
                "spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: \"Later\": supported values: \
                 \"NoExecute\", \"NoSchedule\", \"None\"",
            )],
        ),
        updated(
            "how much of a device",
            claim(&json!({"deviceClassName": "a"})),
            claim(&json!({"deviceClassName": "a", "capacity": {"requests": {"a": "1"}}})),
            &[(
                "1.36-1.37",
                "spec: Invalid value: {\"devices\":{\"requests\":[{\"name\":\"r\",\"exactly\":{\"deviceClassName\":\"a\",\"capacity\":\
                 {\"requests\":{\"a\":\"1\"}},\"allocationMode\":\"ExactCount\",\"count\":1}}]}}: field is immutable",
            )],
        ),
        created(
            "one device, or one of some",
            both,
            &[
                (
                    "1.34-1.37",
                    "spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, \
                     but multiple fields are set",
                ),
                ("1.34-1.34", "spec.devices.requests[0].firstAvailable[0].deviceClassName: Required value"),
            ],
        ),
        updated(
            "a smaller claim",
            volume_claim("2Gi"),
            volume_claim("1Gi"),
            &[
                ("1.30-1.31", "spec.resources.requests.storage: Forbidden: field can not be less than previous value"),
                (
                    "1.30-1.37",
                    "spec: Forbidden: spec is immutable after creation except resources.requests and \
                     volumeAttributesClassName for bound claims",
                ),
            ],
        ),
        created(
            "a field to select by that is none",
            with(definition("string", ""), "/spec/versions/0/selectableFields", json!([{"jsonPath": ".x"}])),
            &[(
                "1.31-1.37",
                "spec.selectableFields[0].jsonPath: Invalid value: \".x\": is an invalid path: does not refer to a valid field",
            )],
        ),
        created(
            "when a Job has success, in a template",
            with(
                cron_job(&json!({"type": "DisruptionTarget", "status": "True"})),
                "/spec/jobTemplate/spec/successPolicy",
                json!({"rules": [{"succeededCount": 1}]}),
            ),
            &[(
                "1.30-1.37",
                "spec.jobTemplate.spec.successPolicy: Invalid value: {\"rules\":[{\"succeededCount\":1}]}: requires indexed \
                 completion mode",
            )],
        ),
        updated(
            "when a Job has success",
            with(indexed_job(), "/spec/successPolicy", json!({"rules": [{"succeededCount": 1}]})),
            indexed_job(),
            &[("1.31-1.37", "spec.successPolicy: Invalid value: null: field is immutable")],
        ),
        updated(
            "a class of attributes for a volume",
            persistent_volume(),
            with(persistent_volume(), "/spec/volumeAttributesClassName", json!("a")),
            &[(
                "1.30-1.30",
                "spec.volumeAttributesClassName: Forbidden: update is forbidden when the VolumeAttributesClass feature gate \
                 is disabled",
            )],
        ),
        created(
            "who manages a Job",
            with(job(&none), "/spec/managedBy", json!("a")),
            &[(
                "1.32-1.37",
                "spec.managedBy: Invalid value: \"a\": must be a domain-prefixed path (such as \"acme.io/foo\")",
            )],
        ),
        updated(
            "who manages a Job that is there",
            job(&none),
            with(job(&none), "/spec/managedBy", json!("a.b/c")),
            &[("1.30-1.37", "spec.managedBy: Invalid value: \"a.b/c\": field is immutable")],
        ),
        updated(
            "what a StatefulSet's name would be made of",
            stateful("a", "Parallel"),
            with(stateful("a", "Parallel"), "/metadata/generateName", json!("A_")),
            &[],
        ),
        created(
            "devices that say themselves where they are",
            resource_slice(false),
            &[("1.36-1.37", "spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true")],
        ),
    ]
}

fn definition(ty: &str, format: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "cs.a.b"},
        "spec": {"group": "a.b", "names": {"plural": "cs", "singular": "c", "kind": "C", "listKind": "CList"}, "scope": "Namespaced",
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
            "properties": {"a": {"type": ty, "format": format}}}}}]}})
}

fn indexed_job() -> Value {
    let mut job = job(&json!({}));
    job["spec"]["completionMode"] = json!("Indexed");
    job["spec"]["completions"] = json!(2);
    job
}

fn persistent_volume() -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "a"}, "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "csi": {"driver": "a.b", "volumeHandle": "a"}}})
}

fn volume_claim(size: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}})
}

fn class_without_parameters() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}, "provisioner": "a"})
}

/// What is taken with a warning.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn warnings() -> Vec<Case> {
    let none = json!({});
    let ports = |name: &str| json!({"name": name, "image": "b", "ports": [{"name": "http", "containerPort": 80}]});
    let mut twice = deployment(&none, &none);
    twice["spec"]["template"]["spec"]["containers"] = json!([ports("a"), ports("b")]);
    twice["spec"]["template"]["spec"]["containers"][1]["ports"][0]["containerPort"] = json!(81);
    let mut profiled = deployment(&json!({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}), &none);
    profiled["spec"]["template"]["metadata"]["annotations"] =
        json!({"container.apparmor.security.beta.kubernetes.io/a": "runtime/default"});
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "a"},
        "spec": {"hard": {"requests.cpu": "2", "limits.cpu": "1"}}});
    vec![
        created(
            "an address with leading zeros",
            service(&json!({"externalIPs": ["1.2.3.04"]})),
            &[
                (
                    "1.30-1.32",
                    "spec.externalIPs[0]: IP address was accepted, but will be invalid in a future Kubernetes release: \
                     ParseAddr(\"1.2.3.04\"): IPv4 field has octet with leading zero",
                ),
                (
                    "1.33-1.35",
                    "spec.externalIPs[0]: non-standard IP address \"1.2.3.04\" will be considered invalid in a future \
                     Kubernetes release: use \"1.2.3.4\"",
                ),
                ("1.36-1.37", "spec.externalIPs is deprecated and may no longer be implemented in some clusters"),
            ],
        ),
        created(
            "an address of a load balancer that is none",
            service(&json!({"type": "LoadBalancer", "loadBalancerIP": "x"})),
            &[(
                "1.30-1.32",
                "spec.loadBalancerIP: IP address was accepted, but will be invalid in a future Kubernetes release: \
                 ParseAddr(\"x\"): unable to parse IP",
            )],
        ),
        created(
            "a headless Service",
            service(&json!({"clusterIP": "None", "sessionAffinity": "ClientIP"})),
            &[("1.34-1.37", "spec.SessionAffinity is ignored for headless services")],
        ),
        created(
            "two ports of one name",
            twice,
            &[(
                "1.33-1.37",
                "spec.template.spec.containers[1].ports[0]: duplicate port name \"http\" with \
                 spec.template.spec.containers[0].ports[0], services and probes that select ports by name will use \
                 spec.template.spec.containers[0].ports[0]",
            )],
        ),
        created(
            "two files of one name",
            volume(
                &json!({"configMap": {"name": "c", "items": [{"key": "a", "path": "p"}, {"key": "b", "path": "p"}]}}),
            ),
            &[("1.32-1.37", "volume \"v\" (ConfigMap \"c\"): overlapping paths: \"p\" with \"p\"")],
        ),
        created(
            "a repository as a volume",
            volume(&json!({"gitRepo": {"repository": "r"}})),
            &[
                ("1.30-1.32", "spec.template.spec.volumes[0].gitRepo: deprecated in v1.11"),
                (
                    "1.33-1.37",
                    "spec.template.spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
                ),
            ],
        ),
        created(
            "a history without end",
            with(stateful("s", "Parallel"), "/spec/revisionHistoryLimit", json!(-1)),
            &[(
                "1.33-1.37",
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
            )],
        ),
        created(
            "another profile than the Pod's",
            profiled,
            &[(
                "1.34-1.37",
                "spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; \
                 use the \"appArmorProfile\" field instead",
            )],
        ),
        created(
            "more requested than there can be",
            quota,
            &[("1.35-1.37", "ResourceQuota requests.cpu (2) should be less than limits.cpu (1)")],
        ),
        created(
            "the masters of old",
            deployment(
                &json!({"nodeSelector": {"node-role.kubernetes.io/master": "", "beta.kubernetes.io/os": "linux"}}),
                &none,
            ),
            &[
                (
                    "1.30-1.37",
                    "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" \
                     instead",
                ),
                (
                    "1.31-1.37",
                    "spec.template.spec.nodeSelector[node-role.kubernetes.io/master]: use \
                     \"node-role.kubernetes.io/control-plane\" instead",
                ),
            ],
        ),
        created(
            "a format of strings",
            definition("string", "nothing"),
            &[(
                "1.34-1.37",
                "spec.versions[0].schema.openAPIV3Schema.properties[a].format: unrecognized format \"nothing\"",
            )],
        ),
        created(
            "a format of numbers",
            definition("integer", "nothing"),
            &[(
                "1.36-1.37",
                "spec.versions[0].schema.openAPIV3Schema.properties[a].format: unrecognized format \"nothing\"",
            )],
        ),
    ]
}
