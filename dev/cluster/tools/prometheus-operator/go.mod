module companyos.io/residency/cluster/tools/prometheus-operator

go 1.26.0

// Nothing of it is built: its CustomResourceDefinitions are read, for tests of what the chart renders.
require github.com/prometheus-operator/prometheus-operator v0.85.0
