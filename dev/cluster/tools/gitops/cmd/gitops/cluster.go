package main

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kube-openapi/pkg/util/proto"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The cluster that is compared with: the types it knows, and a client.
type cluster struct {
	parser *managedfields.GvkParser
	client client.Client
}

func connect(kubeconfig string) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 200, 400
	schema, err := discovery.NewDiscoveryClientForConfigOrDie(config).OpenAPISchema()
	if err != nil {
		return nil, err
	}
	models, err := proto.NewOpenAPIData(schema)
	if err != nil {
		return nil, err
	}
	parser, err := managedfields.NewGVKParser(models, false)
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	return &cluster{parser: parser, client: c}, nil
}

func (c *cluster) live(ctx context.Context, desired *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(desired.GroupVersionKind())
	return live, c.client.Get(ctx, client.ObjectKeyFromObject(desired), live)
}

func (c *cluster) dryRun(ctx context.Context, desired *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	result := desired.DeepCopy()
	config := client.ApplyConfigurationFromUnstructured(result)
	err := c.client.Apply(ctx, config, client.DryRunAll, client.ForceOwnership, client.FieldOwner(manager))
	return result, err
}

func compare(ctx context.Context, q *question) ([]difference, error) {
	c, err := connect(q.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("the cluster: %w", err)
	}
	all := []difference{}
	for _, desired := range q.Desired {
		d := difference{ID: id(desired)}
		live, err := c.live(ctx, desired)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.ID, err)
		}
		if d.ArgoClient, d.ArgoServer, err = c.argo(ctx, q.Argo.IgnoreDifferences, desired, live); err != nil {
			return nil, fmt.Errorf("Argo CD, %s: %w", d.ID, err)
		}
		if d.Flux, err = c.flux(ctx, q, desired); err != nil {
			return nil, fmt.Errorf("Flux, %s: %w", d.ID, err)
		}
		all = append(all, d)
	}
	return all, nil
}

func pretty(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
