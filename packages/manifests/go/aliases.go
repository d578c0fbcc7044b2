package main

import (
	"bytes"

	yaml "go.yaml.in/yaml/v3"
)

// growsTooMuch says, without following them, whether a document's aliases make more than twice the JSON that is read of one:
// following them takes seconds and the memory of the module. What is between is found out by reading it.
func growsTooMuch(text []byte) bool {
	if !bytes.ContainsRune(text, '*') || !bytes.ContainsRune(text, '&') {
		return false
	}
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil {
		// What is wrong with it the code says that kubectl reads with.
		return false
	}
	return sizes{}.of(&root) > 2*maxJSONBytes
}

// sizes of nodes once what they alias is written out, each counted once. Those that are being counted have 0: an alias of
// what it stands in is refused when it is read.
type sizes map[*yaml.Node]int

func (known sizes) of(node *yaml.Node) int {
	if size, ok := known[node]; ok {
		return size
	}
	known[node] = 0
	size := 1
	switch node.Kind {
	case yaml.AliasNode:
		size = known.of(node.Alias)
	case yaml.ScalarNode:
		if node.ShortTag() == "!!str" {
			size = len(node.Value)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			// What is merged may be overwritten.
			if node.Content[i].ShortTag() != "!!merge" {
				size += known.of(node.Content[i]) + known.of(node.Content[i+1])
			}
			size = min(size, 4*maxJSONBytes)
		}
	default:
		for _, item := range node.Content {
			size = min(size+known.of(item), 4*maxJSONBytes)
		}
	}
	known[node] = size
	return size
}
