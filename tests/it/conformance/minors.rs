//! What one minor refuses and another accepts, or says in other words, as their real servers do.

use portcullis::config::Minor;
use portcullis::schema::builtin;
use portcullis::schema::minors::MinorSet;
use portcullis::schema::problem::{Cause, Problem};
use portcullis::schema::table::Kind;
use serde_json::{Value, json};

use super::crd::object;

mod older;

/// An object, the one before it where there is one, and what is said of it: the minors with the words that each sentence
/// begins and ends with.
struct Case {
    name: &'static str,
    new: Value,
    old: Option<Value>,
    says: &'static [(&'static str, &'static str)],
}

fn created(name: &'static str, new: Value, says: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, new, old: None, says }
}

/// A Deployment whose Pods have this in their spec, and this in their only container.
fn deployment(spec: &Value, container: &Value) -> Value {
    workload("Deployment", spec, container)
}

fn workload(kind: &str, spec: &Value, container: &Value) -> Value {
    let mut pod = spec.clone();
    let mut own = json!({"name": "a", "image": "b"});
    own.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    pod["containers"] = json!([own]);
    let mut whole = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}}});
    if kind == "StatefulSet" {
        whole["spec"]["serviceName"] = json!("a");
    }
    whole
}

fn pod(security: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
        "containers": [{"name": "a", "image": "b", "securityContext": security}]}})
}

const POD_UPDATES: &str = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,\
                           `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions \
                           to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it \
                           was previously negative)";

fn job(security: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "a", "image": "b", "securityContext": security}]}}}})
}

fn autoscaler(lowest: i64, metrics: &Value, version: &str) -> Value {
    json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": {
        "minReplicas": lowest, "maxReplicas": 3, "metrics": metrics,
        "scaleTargetRef": {"apiVersion": version, "kind": "Deployment", "name": "a"}}})
}

fn variable(name: &str) -> Value {
    deployment(&json!({}), &json!({"env": [{"name": name, "value": "x"}]}))
}

fn volume(source: &Value) -> Value {
    let mut volume = source.clone();
    volume["name"] = json!("v");
    deployment(&json!({"volumes": [volume]}), &json!({}))
}

fn projected(source: &Value) -> Value {
    volume(&json!({"projected": {"sources": [source]}}))
}

fn role_binding(role: &str) -> Value {
    let group = "rbac.authorization.k8s.io";
    json!({"apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": {"name": "a", "namespace": "b"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": role}})
}

fn stateful(service: &str, management: &str) -> Value {
    let mut set = workload("StatefulSet", &json!({}), &json!({}));
    set["spec"]["serviceName"] = json!(service);
    set["spec"]["podManagementPolicy"] = json!(management);
    set
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let none = json!({});
    let external =
        json!([{"type": "External", "external": {"metric": {"name": "a"}, "target": {"type": "Value", "value": 1}}}]);
    let cpu = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    let mut rolling = workload("StatefulSet", &none, &none);
    rolling["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}});
    let init = |container: Value| {
        let mut own = json!({"name": "i", "image": "b"});
        own.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
        deployment(&json!({"initContainers": [own]}), &json!({}))
    };
    let affinity = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["-b"]}]}]}}}});
    let claims = json!({"resourceClaims": [{"name": "c"}]});
    let balanced = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 10250}]}});
    let spread = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"trafficDistribution": "Nowhere", "ports": [{"port": 80}]}});
    let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "a.static.k8s.io"}, "webhooks": []});
    let owned = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "ownerReferences": [
        {"apiVersion": "v1", "kind": "Pod", "name": "b", "uid": ""}]}});
    let class = |driver: &str| json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}, "provisioner": driver});
    let block = json!({"volumeDevices": [{"name": "v", "devicePath": "/dev/a"}]});
    let own_users =
        json!({"hostUsers": false, "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]});
    let policy = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"},
        "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "endPort": 70}]}]}});
    let migration = |group: &str, resource: &str| {
        json!({"apiVersion": "storagemigration.k8s.io/v1", "kind": "StorageVersionMigration", "metadata": {"name": "a"},
            "spec": {"resource": {"group": group, "resource": resource}}})
    };
    let constraint = |constraint: Value| {
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "a"},
            "spec": {"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": "a"}}], "constraints": [constraint]}}})
    };
    let dying = |metadata: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
    let owned_template = json!({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "a"}, "template": {
        "metadata": {"ownerReferences": [{"controller": true}]}, "spec": {"containers": [{"name": "a", "image": "b"}]}}});
    vec![
        created(
            "what migrates has a name and a group",
            migration("Apps", "Deployments"),
            &[
                (
                    "1.37-1.37",
                    "spec.resource.resource: Invalid value: \"Deployments\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
                ),
                (
                    "1.37-1.37",
                    "spec.resource.group: Invalid value: \"Apps\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                ),
            ],
        ),
        created(
            "what migrates is missing",
            migration("", ""),
            &[("1.37-1.37", "spec.resource.resource: Required value: resource is required to be set")],
        ),
        Case {
            name: "another thing migrates",
            new: migration("apps", "deployments"),
            old: Some(migration("apps", "daemonsets")),
            says: &[(
                "1.37-1.37",
                "spec: Invalid value: {\"resource\":{\"group\":\"apps\",\"resource\":\"deployments\"}}: field is immutable",
            )],
        },
        created(
            "an attribute whose domain is in upper case",
            constraint(json!({"matchAttribute": "A.com/b"})),
            &[(
                "1.37-1.37",
                "spec.devices.constraints[0].matchAttribute: Invalid value: \"A.com\": prefix: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            )],
        ),
        created(
            "the second attribute of a constraint",
            constraint(json!({"matchAttribute": "a.com/b", "distinctAttribute": "b"})),
            &[(
                "1.37-1.37",
                "spec.devices.constraints[0].distinctAttribute: Invalid value: \"b\": a fully qualified name must be a domain and a name separated by a slash",
            )],
        ),
        Case {
            name: "an object that is there gets an end",
            new: dying(json!({"name": "a", "deletionGracePeriodSeconds": 5})),
            old: Some(dying(json!({"name": "a"}))),
            says: &[("1.30-1.37", "metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable")],
        },
        created("owners of what a template makes", owned_template, &[]),
        created(
            "zero, woken by an external metric",
            autoscaler(0, &external, "apps/v1"),
            &[("1.30-1.36", "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1")],
        ),
        created(
            "zero, with nothing to wake it",
            autoscaler(0, &cpu, "apps/v1"),
            &[
                ("1.30-1.36", "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"),
                (
                    "1.30-1.37",
                    "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to \
                           zero replicas",
                ),
            ],
        ),
        created(
            "less than zero",
            autoscaler(-1, &external, "apps/v1"),
            &[
                ("1.30-1.36", "spec.minReplicas: Invalid value: -1: must be greater than or equal to 1"),
                ("1.37-1.37", "spec.minReplicas: Invalid value: -1: must be greater than or equal to 0"),
            ],
        ),
        Case {
            name: "zero goes on",
            new: autoscaler(0, &external, "apps/v1"),
            old: Some(autoscaler(0, &external, "apps/v1")),
            says: &[("1.30-1.36", "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1")],
        },
        created(
            "a target without a group",
            autoscaler(1, &cpu, "v1"),
            &[(
                "1.34-1.37",
                "spec.scaleTargetRef.apiVersion: Invalid value: \"v1\": apiVersion must specify API group",
            )],
        ),
        created(
            "a variable that begins with a digit",
            variable("1a"),
            &[(
                "1.30-1.31",
                "spec.template.spec.containers[0].env[0].name: Invalid value: \"1a\": a valid environment variable name must \
             consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  \
             or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
            )],
        ),
        created(
            "a variable of dots",
            variable(".."),
            &[("1.30-1.31", "spec.template.spec.containers[0].env[0].name: Invalid value: \"..\": must not be '..'")],
        ),
        created(
            "Pods of a StatefulSet",
            workload("StatefulSet", &none, &json!({"image": ""})),
            &[("1.34-1.37", "spec.template.spec.containers[0].image: Required value")],
        ),
        created(
            "Pods of a StatefulSet that end",
            workload("StatefulSet", &json!({"restartPolicy": "Never"}), &none),
            &[(
                "1.30-1.37",
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            )],
        ),
        created(
            "no Pod may be missing",
            rolling,
            &[("1.37-1.37", "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0")],
        ),
        created(
            "a node's label that is none",
            deployment(&affinity, &none),
            &[(
                "1.33-1.37",
                "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].\
             matchExpressions[0].values[0]: Invalid value: \"-b\": a valid label must be an empty string or consist of \
             alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  \
             or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            )],
        ),
        created(
            "how a container is resized",
            deployment(&none, &json!({"resizePolicy": [{"resourceName": "gpu", "restartPolicy": "NotRequired"}]})),
            &[(
                "1.33-1.37",
                "spec.template.spec.containers[0].resizePolicy: Unsupported value: \"gpu\": supported values: \"cpu\", \"memory\"",
            )],
        ),
        created(
            "how an init container is resized",
            init(json!({"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]})),
            &[(
                "1.36-1.37",
                "spec.template.spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not \
             be set to 'RestartContainer' for non-sidecar initContainers",
            )],
        ),
        created(
            "a container that does not start again",
            deployment(&none, &json!({"restartPolicy": "Never"})),
            &[(
                "1.30-1.33",
                "spec.template.spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers",
            )],
        ),
        created(
            "claims of devices",
            deployment(&claims, &none),
            &[(
                "1.34-1.37",
                "spec.template.spec.resourceClaims[0]: Invalid value: {\"name\":\"c\"}: must specify one of: `resourceClaimName`, \
             `resourceClaimTemplateName`",
            )],
        ),
        created(
            "an unmasked /proc",
            deployment(&none, &json!({"securityContext": {"procMount": "Unmasked"}})),
            &[(
                "1.33-1.37",
                "spec.template.spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be \
             false to use `Unmasked`",
            )],
        ),
        created(
            "users of its own and devices",
            deployment(&own_users, &block),
            &[("1.34-1.37", "spec.template.spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false")],
        ),
        created(
            "an image as a volume",
            volume(&json!({"image": {}})),
            &[
                (
                    "1.30-1.30",
                    "spec.template.spec.volumes[0].image: unknown field \"spec.template.spec.volumes[0].image\"",
                ),
                ("1.37-1.37", "spec.template.spec.volumes[0].image.reference: Required value"),
            ],
        ),
        created(
            "an image as a volume, mounted",
            deployment(
                &json!({"volumes": [{"name": "v", "image": {"reference": "a", "pullPolicy": "Now"}}]}),
                &json!({"volumeMounts": [{"name": "v", "mountPath": "/a"}]}),
            ),
            &[
                (
                    "1.30-1.30",
                    "spec.template.spec.volumes[0].image: unknown field \"spec.template.spec.volumes[0].image\"",
                ),
                (
                    "1.35-1.37",
                    "spec.template.spec.volumes[0].image.pullPolicy: Unsupported value: \"Now\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
                ),
                ("1.35-1.37", "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"v\""),
            ],
        ),
        created(
            "a label that spread Pods have twice",
            deployment(
                &json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule",
                    "matchLabelKeys": ["c"], "labelSelector": {"matchLabels": {"c": "d"}}}]}),
                &json!({}),
            ),
            &[(
                "1.30-1.33",
                "spec.template.spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"c\": exists in both \
                 matchLabelKeys and labelSelector",
            )],
        ),
        created(
            "a bundle of certificates",
            projected(&json!({"clusterTrustBundle": {"path": "a"}})),
            &[(
                "1.37-1.37",
                "spec.template.spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName \
             must be specified",
            )],
        ),
        created(
            "a bundle of certificates that is fine",
            projected(&json!({"clusterTrustBundle": {"name": "a", "path": "a"}})),
            &[],
        ),
        created(
            "a certificate of its own",
            projected(&json!({"podCertificate": {"signerName": "a.b/c", "keyType": "DSA", "keyPath": "a"}})),
            &[
                (
                    "1.30-1.33",
                    "spec.template.spec.volumes[0].projected.sources[0].podCertificate: unknown field \"spec.template.spec.volumes[0].\
                 projected.sources[0].podCertificate\"",
                ),
                (
                    "1.37-1.37",
                    "spec.template.spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: \"DSA\": \
                 supported values: \"RSA3072\", \"RSA4096\", \"ECDSAP256\", \"ECDSAP384\", \"ECDSAP521\", \"ED25519\"",
                ),
            ],
        ),
        created(
            "the kubelet's port",
            balanced,
            &[(
                "1.30-1.32",
                "spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet",
            )],
        ),
        created(
            "where traffic goes",
            spread,
            &[
                (
                    "1.31-1.33",
                    "spec.trafficDistribution: Unsupported value: \"Nowhere\": supported values: \"PreferClose\"",
                ),
                (
                    "1.34-1.37",
                    "spec.trafficDistribution: Unsupported value: \"Nowhere\": supported values: \"PreferClose\", \
                 \"PreferSameZone\", \"PreferSameNode\"",
                ),
            ],
        ),
        created(
            "a name for manifests of the server",
            hook,
            &[(
                "1.37-1.37",
                "metadata.name: Invalid value: \"a.static.k8s.io\": names ending with \".static.k8s.io\" are reserved for static \
             manifest-based configurations and cannot be managed via the API",
            )],
        ),
        created(
            "an owner without a UID",
            owned,
            &[
                ("1.30-1.36", "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty"),
                ("1.37-1.37", "metadata.ownerReferences[0].uid: Required value: must not be empty"),
            ],
        ),
        created(
            "ports from 80 to 70",
            policy,
            &[
                (
                    "1.30-1.36",
                    "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`",
                ),
                (
                    "1.37-1.37",
                    "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`",
                ),
            ],
        ),
        Case {
            name: "another role",
            new: role_binding("b"),
            old: Some(role_binding("a")),
            says: &[
                (
                    "1.30-1.36",
                    "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"b\"}: cannot \
                     change roleRef",
                ),
                (
                    "1.37-1.37",
                    "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"b\"}: field is \
                     immutable",
                ),
            ],
        },
        // The field is dropped before 1.33, so that there nothing changes.
        Case {
            name: "a Pod's dropped field",
            new: pod(&json!({"procMount": "Default"})),
            old: Some(pod(&none)),
            says: &[("1.33-1.37", POD_UPDATES)],
        },
        Case {
            name: "a Pod's dropped field, and another one",
            new: pod(&json!({"procMount": "Default", "privileged": false})),
            old: Some(pod(&none)),
            says: &[("1.30-1.32", POD_UPDATES), ("1.33-1.37", POD_UPDATES)],
        },
        Case {
            name: "a Job's dropped field",
            new: job(&json!({"procMount": "Default"})),
            old: Some(job(&none)),
            says: &[(
                "1.33-1.37",
                "spec.template: Invalid value: {\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"a\",\"image\":\"b\",\
                 \"securityContext\":{\"procMount\":\"Default\"},\"terminationMessagePath\":\"/dev/termination-log\",\
                 \"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":\"Always\"}],\"dnsPolicy\":\"ClusterFirst\",\
                 \"schedulerName\":\"default-scheduler\",\"securityContext\":{},\"terminationGracePeriodSeconds\":30}}: field is \
                 immutable",
            )],
        },
        Case {
            name: "another driver",
            new: class("b"),
            old: Some(class("a")),
            says: &[
                ("1.30-1.35", "provisioner: Forbidden: updates to provisioner are forbidden."),
                ("1.36-1.37", "provisioner: Invalid value: \"b\": field is immutable"),
            ],
        },
        Case {
            name: "another service and policy",
            new: stateful("b", "Parallel"),
            old: Some(stateful("a", "OrderedReady")),
            says: &[
                (
                    "1.30-1.36",
                    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                     'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are \
                     forbidden",
                ),
                ("1.37-1.37", "spec.podManagementPolicy: Invalid value: \"Parallel\": field is immutable"),
                ("1.37-1.37", "spec.serviceName: Invalid value: \"b\": field is immutable"),
            ],
        },
    ]
}

/// `1.33-1.36` for minors that follow each other, and a comma where one is left out.
fn range(minors: MinorSet) -> String {
    let all: Vec<Minor> = minors.minors().collect();
    let runs = all.chunk_by(|one, next| one.number() + 1 == next.number());
    let shown = runs.map(|run| format!("{}-{}", run.first().unwrap(), run.last().unwrap()));
    shown.collect::<Vec<_>>().join(",")
}

#[test]
fn minors_differ_as_their_servers_do() {
    compare(cases().into_iter().chain(older::cases()), false);
}

#[test]
fn minors_warn_as_their_servers_do() {
    compare(older::warnings().into_iter(), true);
}

fn compare(cases: impl Iterator<Item = Case>, warns: bool) {
    for Case { name, new, old, says } in cases {
        let (new, old) = (object(&new), old.as_ref().map(object));
        let kind = Kind::find(&new.api_version, &new.key.kind).unwrap();
        let tell = |minors: MinorSet| {
            let problems = builtin::judge(&new, old.as_ref(), kind, minors).problems;
            problems.into_iter().filter(|problem| (problem.cause == Cause::Warning) == warns).collect::<Vec<_>>()
        };
        let mut found: Vec<(String, String)> =
            tell(kind.minors()).iter().map(|problem| (range(problem.minors), problem.sentence())).collect();
        found.sort();
        let mut expected: Vec<_> =
            says.iter().map(|(minors, text)| ((*minors).to_owned(), (*text).to_owned())).collect();
        expected.sort();
        assert_eq!(found, expected, "{name}");
        // Together or one by one, the minors say the same.
        for minor in kind.minors().minors() {
            let mut alone: Vec<String> = tell(MinorSet::of(minor)).iter().map(Problem::sentence).collect();
            let together = tell(kind.minors());
            let mut among: Vec<String> =
                together.iter().filter(|problem| problem.minors.has(minor)).map(Problem::sentence).collect();
            alone.sort();
            among.sort();
            assert_eq!(alone, among, "{name}, {minor}");
        }
    }
}

/// The source is dropped, so that nothing is wrong with the volume that its mounts could be told of.
#[test]
fn a_dropped_source_makes_no_volume_wrong() {
    let mut pod = pod(&json!({}));
    let sources = json!([{"secret": {"name": "s"}}, {"podCertificate": {}}]);
    pod["spec"]["volumes"] = json!([{"name": "v", "projected": {"sources": sources}}]);
    pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "v", "mountPath": "/v"}]);
    let minors = MinorSet::of(Minor::parse("1.36").unwrap());
    let mut problems = builtin::judge(&object(&pod), None, Kind::find("v1", "Pod").unwrap(), minors).problems;
    problems.retain(|problem| problem.cause != Cause::Warning);
    assert!(problems.is_empty(), "{problems:?}");
}

/// Where a minor drops the source, its mounts have a volume; where another one looks at it, they have none.
#[test]
fn a_volume_is_lacking_only_where_its_source_counts() {
    let mut pod = pod(&json!({}));
    pod["spec"]["volumes"] = json!([{"name": "v", "projected": {"sources": [{"podCertificate": {}}]}}]);
    pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "v", "mountPath": "/v"}]);
    let minor = |text| MinorSet::of(Minor::parse(text).unwrap());
    let both = minor("1.36").and(minor("1.37"));
    let problems = builtin::judge(&object(&pod), None, Kind::find("v1", "Pod").unwrap(), both).problems;
    let lacking: Vec<MinorSet> =
        problems.iter().filter(|problem| problem.cause == Cause::NotFound).map(|problem| problem.minors).collect();
    assert_eq!(lacking, [minor("1.37")], "{problems:?}");
}
