// Command gitops says what Argo CD and Flux say of objects, by their own libraries: whether what is desired differs from
// what is in the cluster, and how healthy an object is. It reads a question as JSON from its standard input and answers in
// JSON on its standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	// The cluster whose objects are compared; without it only the health of objects is judged.
	Kubeconfig string `json:"kubeconfig"`
	Argo       struct {
		// As in an Application's spec.
		IgnoreDifferences []ignored `json:"ignoreDifferences"`
		// By "group/Kind", or "group/*": the Lua of resource.customizations in argocd-cm.
		Health map[string]string `json:"health"`
	} `json:"argo"`
	Flux struct {
		// As in a Kustomization's spec.
		Ignore           []jsondiff.IgnoreRule         `json:"ignore"`
		HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
	} `json:"flux"`
	// What the repository says.
	Desired []*unstructured.Unstructured `json:"desired"`
	// Objects whose health is asked for.
	Objects []*unstructured.Unstructured `json:"objects"`
}

type answer struct {
	Differences []difference `json:"differences"`
	Health      []verdict    `json:"health"`
}

// A difference of one desired object; empty texts where a tool sees none.
type difference struct {
	ID string `json:"id"`
	// Argo CD as it compares by default, and with ServerSideDiff=true.
	ArgoClient string `json:"argoClient"`
	ArgoServer string `json:"argoServer"`
	// What Flux's server-side dry run would do, unless it is "unchanged", and where.
	Flux string `json:"flux"`
}

// The health of one object in each tool's words.
type verdict struct {
	ID   string `json:"id"`
	Argo string `json:"argo"`
	// What the Lua has to say about it.
	ArgoMessage string `json:"argoMessage"`
	Flux        string `json:"flux"`
	Kstatus     string `json:"kstatus"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		return fmt.Errorf("the question is not JSON: %w", err)
	}
	a := answer{Differences: []difference{}, Health: []verdict{}}
	if len(q.Desired) > 0 {
		differences, err := compare(ctx, &q)
		if err != nil {
			return err
		}
		a.Differences = differences
	}
	for _, object := range q.Objects {
		h, err := healthOf(ctx, &q, object)
		if err != nil {
			return fmt.Errorf("health of %s: %w", id(object), err)
		}
		a.Health = append(a.Health, h)
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

func id(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return fmt.Sprintf("%s/%s", object.GetKind(), object.GetName())
	}
	return fmt.Sprintf("%s/%s/%s", object.GetKind(), object.GetNamespace(), object.GetName())
}
