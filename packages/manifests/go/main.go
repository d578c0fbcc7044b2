// Reads manifests with the code that kubectl reads them with, for `companyos check`: a gate that reads otherwise than what
// is sent afterwards says nothing about it. Compiled to WebAssembly, and that is committed: see ../src/build.ts.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Of one document, as it is written and as JSON. The API server takes 3 MiB an object; lists are longer.
const (
	maxBytes     = 8 << 20
	maxJSONBytes = 16 << 20
	maxDepth     = 500
	// Each of them is looked for among all those before it.
	maxDirectives = 64
	// Of the bytes that begin a list, a map, an item or a member, in text too: what YAML makes of one takes 20 µs.
	maxMarks     = 1 << 19
	maxJSONMarks = 2 << 20
	// Of what is said about a document that cannot be read, which may quote it.
	maxMessage = 1000
)

// Of the memory that ../src/build.ts allows the module.
const softLimit = 768 << 20

var (
	errTooMuchJSON  = errors.New("more than 16 MiB of JSON, its aliases followed")
	errTooManyMarks = errors.New("more than 500,000 items, members and lines of YAML, or two million of JSON")
)

var (
	input   []byte
	output  []byte
	reading *documents
	at      document
	number  int
)

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line"`
}

type result struct {
	Document int      `json:"document"`
	Line     int      `json:"line"`
	Objects  []object `json:"objects"`
	Faults   []fault  `json:"faults"`
}

func main() {}

// Less is kept than the module may take, so that garbage alone never ends it.
func init() { debug.SetMemoryLimit(softLimit) }

// alloc makes room for a file of so many bytes, which the caller fills.
//
//go:wasmexport alloc
func alloc(size int32) unsafe.Pointer {
	input = make([]byte, max(size, 1))
	input = input[:size]
	return unsafe.Pointer(unsafe.SliceData(input))
}

// open begins to read what was filled in, passing over the first documents.
//
//go:wasmexport open
func open(skip int32) {
	text, err := io.ReadAll(transform.NewReader(bytes.NewReader(input), unicode.BOMOverride(unicode.UTF8.NewDecoder())))
	if err != nil {
		panic(err)
	}
	reading = newDocuments(text)
	for number = 0; number < int(skip); number++ {
		if _, err := reading.next(); err != nil {
			return
		}
	}
}

// advance goes to the next document and gives its line, from 1; 0 at the end.
//
//go:wasmexport advance
func advance() int32 {
	found, err := reading.next()
	if errors.Is(err, io.EOF) {
		return 0
	}
	number++
	at = found
	return int32(at.line)
}

// size gives how many bytes that document has as it is written.
//
//go:wasmexport size
func size() int32 {
	return int32(max(len(at.yaml), len(at.json)))
}

// read reads that document and gives the length of what `output` has of it, as JSON.
//
//go:wasmexport read
func read() int32 {
	encoded, err := json.Marshal(readDocument(at))
	if err != nil {
		panic(err)
	}
	output = encoded
	return int32(len(output))
}

//go:wasmexport output
func outputPointer() unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(output))
}

func readDocument(found document) result {
	made := result{Document: number, Line: found.line, Objects: []object{}, Faults: []fault{}}
	refuse := func(code string, err error) result {
		message := err.Error()
		if len(message) > maxMessage {
			message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
		}
		made.Faults = append(made.Faults, fault{Code: code, Message: message, Line: lineOf(message, found.line)})
		return made
	}
	if max(len(found.yaml), len(found.json)) > maxBytes {
		return refuse("DOCUMENT_TOO_LARGE", errors.New("larger than 8 MiB"))
	}
	if marksOf(found.yaml) > maxMarks || marksOf(found.json) > maxJSONMarks {
		return refuse("DOCUMENT_TOO_LARGE", errTooManyMarks)
	}
	if directivesOf(found.yaml) > maxDirectives {
		return refuse("DOCUMENT_TOO_LARGE", errors.New("more than "+strconv.Itoa(maxDirectives)+" directives"))
	}
	if growsTooMuch(found.yaml) {
		return refuse("DOCUMENT_TOO_LARGE", errTooMuchJSON)
	}
	raw, err := found.toJSON()
	raw = bytes.TrimSpace(raw)
	switch {
	case err != nil:
		return refuse(codeOf(err), err)
	case len(raw) == 0 || string(raw) == "null":
		return made
	case len(raw) > maxJSONBytes:
		return refuse("DOCUMENT_TOO_LARGE", errTooMuchJSON)
	case raw[0] != '{':
		return refuse("DOCUMENT_NO_OBJECT", errors.New("it is no object"))
	case depthOf(raw) > maxDepth:
		return refuse("DOCUMENT_TOO_DEEP", errors.New("nested more than "+strconv.Itoa(maxDepth)+" deep"))
	}
	objects, unreadable, item := objectsOf(raw)
	if unreadable != nil {
		return refuse("DOCUMENT_NO_OBJECT", unreadable)
	}
	made.Objects = append(made.Objects, objects...)
	if item != nil {
		return refuse("LIST_UNREADABLE", item)
	}
	return made
}

func codeOf(err error) string {
	switch message := err.Error(); {
	case strings.Contains(message, "excessive aliasing"):
		return "DOCUMENT_TOO_LARGE"
	case strings.Contains(message, "exceeded max depth"):
		return "DOCUMENT_TOO_DEEP"
	}
	return "DOCUMENT_MALFORMED"
}

var saidLine = regexp.MustCompile(`\bline (\d+)`)

// lineOf gives the line in the file, where a message counts them from the document's first.
func lineOf(message string, first int) int {
	if said := saidLine.FindStringSubmatch(message); said != nil {
		if n, err := strconv.Atoi(said[1]); err == nil && n > 0 {
			return first + n - 1
		}
	}
	return first
}

func marksOf(text []byte) int {
	marks := 0
	for _, c := range text {
		switch c {
		case ',', ':', '-', '[', '{', '\n':
			marks++
		}
	}
	return marks
}

// directivesOf counts lines that may be one: in a document's text, hardly any line begins with a percent sign.
func directivesOf(text []byte) int {
	found := 0
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029' }) {
		if bytes.HasPrefix(line, []byte("%")) {
			found++
		}
	}
	return found
}

// depthOf counts nested brackets of valid JSON.
func depthOf(raw []byte) int {
	depth, deepest := 0, 0
	quoted := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
