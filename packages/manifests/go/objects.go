package main

import (
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
	var whole object
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &whole); err != nil {
		return nil, err, nil
	}
	listed, isList := whole["items"]
	if !isList {
		if err := named(whole); err != nil {
			return nil, err, nil
		}
		return []object{whole}, nil, nil
	}
	items, err := itemsOf(listed)
	if err == nil {
		err = named(whole)
	}
	if err != nil {
		return nil, err, nil
	}
	kind := strings.TrimSuffix(text(whole, "kind"), "List")
	for _, one := range items {
		if text(one, "kind") == "" && text(one, "apiVersion") == "" {
			one["kind"] = kind
			one["apiVersion"] = text(whole, "apiVersion")
		}
		if _, isList := one["items"].([]any); isList {
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

func itemsOf(listed any) ([]object, error) {
	if listed == nil {
		return nil, nil
	}
	list, isArray := listed.([]any)
	if !isArray {
		return nil, errors.New("its items are no list")
	}
	items := make([]object, len(list))
	for i, one := range list {
		item, isObject := one.(object)
		if !isObject && one != nil {
			return nil, fmt.Errorf("items[%d] is no object", i)
		}
		if item == nil {
			item = object{}
		}
		items[i] = item
	}
	return items, nil
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
