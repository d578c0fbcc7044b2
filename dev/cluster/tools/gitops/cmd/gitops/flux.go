package main

import (
	"context"

	"github.com/fluxcd/pkg/ssa"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What Flux's kustomize-controller would do: nothing when its server-side dry run says unchanged.
func (c *cluster) flux(ctx context.Context, q *question, desired *unstructured.Unstructured) (string, error) {
	owner := ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"}
	manager := ssa.NewResourceManager(c.client, nil, owner)
	options := ssa.DefaultDiffOptions()
	options.DriftIgnoreRules = q.Flux.Ignore
	entry, live, merged, err := manager.Diff(ctx, desired.DeepCopy(), options)
	if err != nil {
		return "", err
	}
	if entry.Action == ssa.UnchangedAction {
		return "", nil
	}
	text := string(entry.Action)
	if live != nil && merged != nil {
		text += ": " + pretty(live.Object) + " -> " + pretty(merged.Object)
	}
	return text, nil
}
