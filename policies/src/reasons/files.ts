/** Codes of `companyos check` alone: what of a file it could not read, and what it read and cannot decide. */
import type { Reason } from "./reason.ts";

const unread = "kubectl would not send this document, so nothing is decided about it";

export const fileReasons = {
  FILE_UNREADABLE: {
    outcome: "unread",
    message: "The file cannot be read",
    meaning:
      "A path that does not exist, may not be read, or is no regular file (a pipe, a device; `-` and what a shell hands over as /dev/fd/N are read). Other files are decided all the same.",
    example: "`-f deploy/` where there is no such folder.",
    fix: "Correct the path",
  },
  NOTHING_READ: {
    outcome: "unread",
    message: "There is no object to read",
    meaning:
      "A folder without an object in any .yaml, .yml or .json file, or a standard input without one; files that are empty or have comments only, where no other that is named beside them has an object. kubectl fails as well: where nothing was read, nothing was decided.",
    example:
      "`helm template ./nope | companyos check -f -`, where Helm found no such chart; `--with residency/` of a submodule that was not checked out.",
    fix: "Correct the path, or what makes the manifests; in a shell, `set -o pipefail` ends the pipeline where that fails",
  },
  NOTHING_TO_DECIDE_BY: {
    outcome: "unread",
    message: "What --with names has nothing that is decided by",
    meaning:
      "Where `--with` is given, it alone is what is decided by; here it has objects, and none of them is a Tenant, a ResidencyPolicy, a Region, a Node, a Namespace of a tenant or a CRD.",
    example: "`--with deploy/` instead of `--with residency/`.",
    fix: "Name the folder with the Tenants, ResidencyPolicies and Regions",
  },
  FILE_TOO_LARGE: {
    outcome: "unread",
    message: "The file is larger than is read",
    meaning: "More than 32 MiB in one file, or on standard input. Other files are decided all the same.",
    example: "The export of a whole cluster.",
    fix: "Split the file",
  },
  FILE_GIVEN_UP: {
    outcome: "unread",
    message: "The file costs too much to be read to its end",
    meaning:
      "Three of its documents are larger than is read, a hundred cannot be read, 50,000 stand before this one, reading them took more than 20 seconds, or all up to here are more than 64 MiB of JSON once their aliases are followed; or all files together are more than 256 MiB of it, or took more than five minutes. The document that is named and those that follow in the file are not read, so nothing is decided about them; other files are.",
    example: "A hundred documents, each with thousands of aliases of a long text.",
    fix: "Correct the documents that are named as too large; write out what aliases stand for; split the file",
  },
  DOCUMENT_MALFORMED: {
    outcome: "unread",
    message: "The document is neither YAML nor JSON as kubectl reads them",
    meaning: `The document cannot be parsed; ${unread}. kubectl stops there; the documents that follow in the file are decided all the same.`,
    example: "`kind: [`; a line that begins with `----`; a second object of JSON that is cut off.",
    fix: "Correct the document at the line that is named",
  },
  DOCUMENT_NO_OBJECT: {
    outcome: "unread",
    message: "The document is no Kubernetes object",
    meaning: `It is no object, or has no apiVersion and kind; ${unread}.`,
    example:
      "A file of settings among the manifests. (Helm values, Chart.yaml and files of other tools are skipped by their names, and named.)",
    fix: "Give the document an apiVersion and a kind, or keep the file elsewhere",
  },
  DOCUMENT_TOO_LARGE: {
    outcome: "unread",
    message: "The document is larger than is read, at least once its aliases are followed",
    meaning:
      "More than 8 MiB, 500,000 items, members and lines (of JSON two million), or 64 directives; or aliases that make the document far larger than it is written: kubectl refuses the worst of them too, here its JSON may have 16 MiB.",
    example: "Nine anchors, each a list of nine aliases of the one before.",
    fix: "Write out what aliases stand for; split a long list into documents",
  },
  DOCUMENT_TOO_DEEP: {
    outcome: "unread",
    message: "The document is nested deeper than is read",
    meaning: "More than 500 lists and maps inside each other. kubectl takes 10,000.",
    example: "A thousand brackets in a row.",
    fix: "Write it flatter",
  },
  LIST_UNREADABLE: {
    outcome: "unread",
    message: "Not every item of the list is an object that kubectl would send",
    meaning:
      "A list inside a list, which kubectl refuses, or an item without kind. Items that can be read are decided all the same.",
    example: "A `kind: List` among the items of another one.",
    fix: "Write the items of the inner list into the outer one",
  },
  NAMESPACE_MISMATCH: {
    outcome: "unread",
    message: "The object names another namespace than --namespace does",
    meaning: "With `-n`, kubectl refuses objects of other namespaces, and so does `check`.",
    example: "`companyos check -n acme` of a Deployment whose `metadata.namespace` is globex.",
    fix: "Leave out -n, or the namespace in the manifest",
  },
  SPEC_UNREADABLE: {
    outcome: "unread",
    message: "The workload has no pod spec that could be read",
    meaning:
      "Where the kind has its pod spec there is none, or something that is no object; or what it says of nodes is malformed. The API server refuses it too.",
    example:
      "A Deployment with `spec: none`, or whose template stands one level too deep; a term of node affinity with `operator: Inn`.",
    fix: "Correct the field that is named",
  },
  OBJECT_INVALID: {
    outcome: "unread",
    message: "A Tenant, ResidencyPolicy, Region or EvidenceBundle is not what its schema asks for",
    meaning:
      "What should be decided by cannot be read, and what hangs on it is undecided. A field that the kind does not have counts, too: the API server drops it, so a misspelt one is a rule that is not in force. So do labels, annotations and finalizers that no API server takes.",
    example:
      'A Tenant with `homeRegion: 7`; one with `regoins: [eu-west-1]`; one with the label `data-subjects: "eu "`.',
    fix: "Correct the field that is named",
  },
  OBJECT_UNACCEPTABLE: {
    outcome: "unread",
    message: "No API server would take such an object",
    meaning:
      "A namespace that cannot be one's name, a namespace or name that is no text (YAML reads a bare `no` or `123` as something else), a version or group that no API server has of a built-in kind, or neither a name nor a generateName. What is sent instead nobody knows, so nothing is decided about it.",
    example: 'A Deployment of `apps/v9`; `namespace: Acme`; `namespace: no` without quotes; `name: ""`.',
    fix: "Correct the field that is named",
  },
  OBJECT_TWICE: {
    outcome: "unread",
    message: "Two files have the same object, with different content",
    meaning:
      "A Tenant, ResidencyPolicy, Region, Node, labelled Namespace or CRD of one name stands twice, and what counts of it (labels and spec; of a CRD its scope) differs. A cluster has one of them, and no file tells which. What `--with` says is what was decided by; two that both count leave undecided what hangs on them.",
    example: "`-f deploy/` with a Tenant acme in more regions than the one in `--with residency/`.",
    fix: "Leave one of them out",
  },
  NAMESPACE_UNKNOWN: {
    outcome: "undecided",
    message: "{subject} names no namespace: kubectl takes that of its context, which a file does not tell",
    meaning:
      'A manifest without a namespace (`namespace: ""` is none) can land in any tenant\'s. With `-n` it is decided as `kubectl -n` sends it.',
    example: "The output of `helm template` without a namespace in its templates.",
    fix: "Say where it will go with -n NAMESPACE, or write the namespace into the manifest",
  },
  TENANTS_UNKNOWN: {
    outcome: "undecided",
    message: "{subject} cannot be decided: there is no Tenant among the files",
    meaning:
      "Objects in namespaces of no tenant are passed over. Where no Tenant at all is known, that would be every one, so nothing was decided.",
    example:
      "`companyos check -f deploy/` without `--with`, or with a folder in which the Tenants are missing.",
    fix: "Give the Tenants, ResidencyPolicies and Regions with --with",
  },
  RULES_UNREADABLE: {
    outcome: "undecided",
    message: "{subject} cannot be decided: what it is decided by was not read{because}",
    meaning:
      "A Tenant, ResidencyPolicy or Region that is not valid, that stands twice and says two things, or a file or document among those that are decided by that cannot be read at all. What hangs on it is undecided: of a Tenant its namespaces, of a policy the tenants that it selects, of a Region every tenant's, of a file everything.",
    example:
      "A ResidencyPolicy with `mode: Enfroce` in `--with residency/`, and a Deployment of a tenant that it selects.",
    fix: "Mend what is named; its OBJECT_INVALID line has the field",
  },
  NODES_UNKNOWN: {
    outcome: "undecided",
    message: "{subject} names a node, and there is no Node among the files{because}",
    meaning:
      "`spec.nodeName`, a binding's target, a host name or a node name: where that node stands only a Node tells. The cluster's webhook knows its nodes, and decides.",
    example: "A pod with `spec.nodeName: ip-10-0-1-7`, and `--with residency/` without Nodes.",
    fix: "Give the Nodes with --with (kubectl get nodes -o yaml), decide by a cluster with --context, or leave the choice to the scheduler",
  },
  TENANT_SET_ASIDE: {
    outcome: "undecided",
    message:
      "{subject} cannot be decided: the Tenant that claims its namespace is not among what is decided by{because}",
    meaning:
      "Where `--with` is given, it alone is what is decided by: a Tenant among the manifests of `-f` has no say about them.",
    example: "A new Tenant and its workloads in `-f deploy/`, beside the platform's `--with residency/`.",
    fix: "If that Tenant may decide, name its file with --with too",
  },
  KUSTOMIZATION_UNBUILT: {
    outcome: "undecided",
    message: "{subject} is no manifest: kubectl builds manifests from it",
    meaning:
      "A file `kustomization.yaml` says which files are built into which manifests, with which namespace and patches. `check` builds nothing: what stands beside it is decided as it is written, which may be otherwise than it is sent. One that only lists files beside it changes nothing, and is skipped.",
    example: "`-f deploy/` of a folder that is applied with `kubectl apply -k deploy/`.",
    fix: "Decide what is built instead{because}",
  },
  KIND_UNREAD: {
    outcome: "undecided",
    message: "{subject} is of a kind whose placements nobody reads{because}",
    meaning:
      "Whether objects of this kind lead abroad is not known here: it is not among the built-in kinds that make pods, nor in the list of [custom resources](placed-kinds.md) that are read. The pods that its controller makes are pinned and decided on their own. Where the volume of a PersistentVolumeClaim is made, its StorageClass says.",
    example:
      "A custom resource of a kind of your own; a HelmRelease of Flux or an Application of Argo CD, of which a controller makes what counts; a PersistentVolumeClaim.",
    fix: "If nothing that is made of it can lead abroad, say --ignore-kind {kindName}; else look at what is made of it",
  },
} as const satisfies Record<string, Omit<Reason, "code">>;
