package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/health"
	fluxstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func healthOf(ctx context.Context, q *question, object *unstructured.Unstructured) (verdict, error) {
	h := verdict{ID: id(object)}
	gvk := object.GroupVersionKind()
	for _, key := range []string{gvk.Group + "/" + gvk.Kind, gvk.Group + "/*"} {
		if script, ok := q.Argo.Health[key]; ok {
			result, err := byLua(script, object)
			if err != nil {
				return h, fmt.Errorf("Lua of %s: %w", key, err)
			}
			h.Argo, h.ArgoMessage = string(result.Status), result.Message
			break
		}
	}
	for _, check := range q.Flux.HealthCheckExprs {
		if check.APIVersion != object.GetAPIVersion() || check.Kind != object.GetKind() {
			continue
		}
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		if err != nil {
			return h, err
		}
		// A field that is not there yet is an error, and Flux goes on waiting.
		if result, err := evaluator.Evaluate(ctx, object); err != nil {
			h.Flux = fluxstatus.UnknownStatus.String()
		} else {
			h.Flux = result.Status.String()
		}
	}
	result, err := status.Compute(object)
	if err != nil {
		return h, err
	}
	h.Kstatus = result.Status.String()
	return h, nil
}

// As Argo CD's util/lua runs a health check: a second, the base and table libraries, the object as obj.
func byLua(script string, object *unstructured.Unstructured) (*health.HealthStatus, error) {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	value, err := luajson.Decode(l, text)
	if err != nil {
		return nil, err
	}
	l.SetGlobal("obj", value)
	if err := l.DoString(script); err != nil {
		return nil, err
	}
	returned := l.Get(-1)
	if returned.Type() != lua.LTTable {
		return nil, fmt.Errorf("returned %s, not a table", returned.Type())
	}
	text, err = luajson.Encode(returned)
	if err != nil {
		return nil, err
	}
	var result health.HealthStatus
	if err := json.Unmarshal(text, &result); err != nil {
		return nil, err
	}
	switch result.Status {
	case health.HealthStatusUnknown, health.HealthStatusProgressing, health.HealthStatusSuspended,
		health.HealthStatusHealthy, health.HealthStatusDegraded, health.HealthStatusMissing:
		return &result, nil
	}
	return nil, fmt.Errorf("%q is no health status of Argo CD", result.Status)
}
