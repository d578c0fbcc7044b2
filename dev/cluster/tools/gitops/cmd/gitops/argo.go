package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/diff"
	argofields "github.com/argoproj/argo-cd/v3/util/argo/managedfields"
	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/itchyny/gojq"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The field manager under which Argo CD applies.
const argoManager = "argocd-controller"

// One of ignoreDifferences. An empty name or namespace is any.
type ignored struct {
	Group                 string   `json:"group"`
	Kind                  string   `json:"kind"`
	Name                  string   `json:"name"`
	Namespace             string   `json:"namespace"`
	JSONPointers          []string `json:"jsonPointers"`
	JQPathExpressions     []string `json:"jqPathExpressions"`
	ManagedFieldsManagers []string `json:"managedFieldsManagers"`
}

func (i *ignored) matches(object *unstructured.Unstructured) bool {
	gk := object.GroupVersionKind().GroupKind()
	return (i.Group == "*" || i.Group == gk.Group) && (i.Kind == "*" || i.Kind == gk.Kind) &&
		(i.Name == "" || i.Name == object.GetName()) &&
		(i.Namespace == "" || i.Namespace == object.GetNamespace())
}

// The paths of ignoreDifferences, as Argo CD applies them (util/argo/normalizers: del(PATH), errors are no matter).
// Its own package would bring all of Argo CD's API with it, four minutes of compiling.
type ignoring []ignored

func (all ignoring) Normalize(object *unstructured.Unstructured) error {
	for _, one := range all {
		if !one.matches(object) {
			continue
		}
		for _, path := range one.JSONPointers {
			if err := without(object, path); err != nil {
				return err
			}
		}
		for _, path := range one.JQPathExpressions {
			if err := deleted(object, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func without(object *unstructured.Unstructured, path string) error {
	operations, err := json.Marshal([]map[string]string{{"op": "remove", "path": path}})
	if err != nil {
		return err
	}
	patch, err := jsonpatch.DecodePatch(operations)
	if err != nil {
		return fmt.Errorf("jsonPointers %s: %w", path, err)
	}
	before, err := json.Marshal(object)
	if err != nil {
		return err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil // there is no such field
	}
	return json.Unmarshal(after, object)
}

func deleted(object *unstructured.Unstructured, path string) error {
	query, err := gojq.Parse(fmt.Sprintf("del(%s)", path))
	if err != nil {
		return fmt.Errorf("jqPathExpressions %s: %w", path, err)
	}
	before, err := json.Marshal(object)
	if err != nil {
		return err
	}
	var value map[string]any
	if err := json.Unmarshal(before, &value); err != nil {
		return err
	}
	result, ok := query.Run(value).Next()
	if _, failed := result.(error); failed || !ok {
		return nil
	}
	after, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return json.Unmarshal(after, object)
}

// Says how Argo CD would see the difference: by default, and with ServerSideDiff=true.
func (c *cluster) argo(ctx context.Context, ignore []ignored, desired, live *unstructured.Unstructured) (string, string, error) {
	config, live := desired.DeepCopy(), live.DeepCopy()
	for _, one := range ignore {
		if !one.matches(config) || len(one.ManagedFieldsManagers) == 0 {
			continue
		}
		l, d, err := argofields.Normalize(live, config, one.ManagedFieldsManagers, c.parser.Type(config.GroupVersionKind()))
		if err != nil {
			return "", "", err
		}
		live, config = l, d
	}
	texts := []string{}
	for _, server := range []bool{false, true} {
		result, err := diff.Diff(ctx, config.DeepCopy(), live.DeepCopy(),
			diff.WithNormalizer(ignoring(ignore)),
			diff.WithGVKParser(c.parser),
			diff.WithManager(argoManager),
			diff.WithServerSideDiff(server),
			diff.WithServerSideDryRunner(dryRunner{c}),
		)
		if err != nil {
			return "", "", err
		}
		text := ""
		if result.Modified {
			patch, err := jsonpatch.CreateMergePatch(result.NormalizedLive, result.PredictedLive)
			if err != nil {
				return "", "", err
			}
			text = string(patch)
		}
		texts = append(texts, text)
	}
	return texts[0], texts[1], nil
}

// What kubectl apply --server-side --force-conflicts --dry-run=server -o json prints, which is what Argo CD asks.
type dryRunner struct{ c *cluster }

func (d dryRunner) Run(ctx context.Context, object *unstructured.Unstructured, manager string) (string, error) {
	result, err := d.c.dryRun(ctx, object, manager)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(result)
	return string(text), err
}

var _ diff.ServerSideDryRunner = dryRunner{}
