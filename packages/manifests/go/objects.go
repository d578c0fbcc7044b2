package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
)

type object = map[string]any

var (
	errNoKind     = errors.New("it has no kind")
	errNoVersion  = errors.New("it has no apiVersion")
	errListInList = errors.New("a list inside a list, which kubectl refuses")
)

// objectsOf opens lists as kubectl does: k8s.io/apimachinery's UnstructuredJSONScheme and cli-runtime's
// FlattenListVisitor. Whatever has a member `items` is a list. The second error is of an item; those before it count.
func objectsOf(raw []byte) (objects []object, unreadable error, item error) {
	var list struct {
		Items json.RawMessage `json:"items"`
	}
	if err := decode(raw, &list); err != nil {
		return nil, err, nil
	}
	var whole object
	if err := decode(raw, &whole); err != nil {
		return nil, err, nil
	}
	if list.Items == nil {
		if err := named(whole); err != nil {
			return nil, err, nil
		}
		return []object{whole}, nil, nil
	}
	var items []object
	if err := decode(list.Items, &items); err != nil {
		return nil, err, nil
	}
	if err := named(whole); err != nil {
		return nil, err, nil
	}
	kind := strings.TrimSuffix(text(whole, "kind"), "List")
	for i := range items {
		if items[i] == nil {
			items[i] = object{}
		}
		if text(items[i], "kind") == "" && text(items[i], "apiVersion") == "" {
			items[i]["kind"] = kind
			items[i]["apiVersion"] = text(whole, "apiVersion")
		}
		if _, isList := items[i]["items"].([]any); isList {
			return nil, nil, errListInList
		}
	}
	for i, one := range items {
		if err := named(one); err != nil {
			item = fmt.Errorf("items[%d]: %w", i, err)
			continue
		}
		objects = append(objects, one)
	}
	return objects, nil, item
}

func decode(raw []byte, into any) error {
	return kjson.UnmarshalCaseSensitivePreserveInts(raw, into)
}

func named(one object) error {
	if text(one, "kind") == "" {
		return errNoKind
	}
	if text(one, "apiVersion") == "" {
		return errNoVersion
	}
	return nil
}

func text(one object, key string) string {
	found, _ := one[key].(string)
	return found
}
