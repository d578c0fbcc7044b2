package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// documents takes a stream apart as kubectl does: k8s.io/apimachinery/pkg/util/yaml.YAMLOrJSONDecoder, which keeps to
// itself where it is, and which gives a document's place away together with its content.
type documents struct {
	stream   *kubeyaml.StreamReader
	json     *json.Decoder
	consumed int64
	yaml     *kubeyaml.YAMLReader
	lines    *lineReader
	text     []byte
	// How far lines were counted, and the line there.
	counted int
	line    int
	decoded int
	ended   bool
}

// How far kubectl looks for the brace that makes a stream JSON.
const lookAhead = 4096

// document is one of a stream: JSON, or YAML that nobody has looked at yet.
type document struct {
	line int
	json json.RawMessage
	yaml []byte
	// What was wrong with it as JSON, or where it ends.
	err error
}

// toJSON gives its JSON; nothing where there is nothing in it.
func (d document) toJSON() (json.RawMessage, error) {
	if d.yaml == nil {
		return d.json, d.err
	}
	var raw json.RawMessage
	err := yaml.Unmarshal(d.yaml, &raw)
	if err != nil && d.err != nil {
		return nil, d.err
	}
	return raw, err
}

func newDocuments(text []byte) *documents {
	stream, _, isJSON := kubeyaml.GuessJSONStream(bytes.NewReader(text), lookAhead)
	d := &documents{stream: stream, text: text, line: 1}
	if isJSON {
		d.json = json.NewDecoder(stream)
	} else {
		d.readYAML()
	}
	return d
}

func (d *documents) readYAML() {
	d.lines = &lineReader{text: d.text[d.stream.Consumed():], line: d.lineAt(d.stream.Consumed())}
	d.yaml = kubeyaml.NewYAMLReader(bufio.NewReader(d.lines))
}

// next gives the next document, or io.EOF.
func (d *documents) next() (document, error) {
	if d.ended {
		return document{}, io.EOF
	}
	if d.json == nil {
		return d.nextYAML()
	}
	line := d.lineAt(d.skipSpace(d.stream.Consumed()))
	var raw json.RawMessage
	err := d.json.Decode(&raw)
	if err == nil {
		d.decoded++
		d.stream.Consume(int(d.json.InputOffset() - d.consumed))
		d.consumed = d.json.InputOffset()
		return document{line: line, json: raw}, nil
	}
	if errors.Is(err, io.EOF) {
		return document{}, io.EOF
	}
	// More than one object of JSON is no YAML, and where the next one begins nobody knows.
	if d.decoded > 1 || d.rewound() != nil {
		d.ended = true
		return document{line: line, err: err}, nil
	}
	d.json = nil
	d.readYAML()
	found, eof := d.nextYAML()
	if eof != nil {
		return document{line: line, err: err}, nil
	}
	found.err = err
	return found, nil
}

func (d *documents) nextYAML() (document, error) {
	line := d.lines.line
	chunk, err := d.yaml.Read()
	if errors.Is(err, io.EOF) {
		return document{}, io.EOF
	}
	if err != nil {
		return document{line: line, err: err}, nil
	}
	return document{line: line, yaml: chunk}, nil
}

// rewound goes back to where the last object of JSON ended.
func (d *documents) rewound() error {
	d.stream.Rewind()
	return d.consumeSpace()
}

// consumeSpace eats what is left of a line before YAML is tried, as kubectl does.
func (d *documents) consumeSpace() error {
	eaten := 0
	for {
		buffer, err := d.stream.ReadN(4)
		if errors.Is(err, io.EOF) {
			return err
		}
		r, size := utf8.DecodeRune(buffer)
		if r == utf8.RuneError || size == 0 {
			return fmt.Errorf("invalid utf8 rune")
		}
		d.stream.RewindN(len(buffer) - size)
		if !unicode.IsSpace(r) {
			d.stream.RewindN(size)
			d.stream.Consume(eaten)
			return nil
		}
		eaten += size
		if r == '\n' {
			d.stream.Consume(eaten)
			return nil
		}
	}
}

func (d *documents) skipSpace(offset int) int {
	return len(d.text) - len(bytes.TrimLeftFunc(d.text[offset:], unicode.IsSpace))
}

// lineAt gives the line of an offset, from 1, counted from where it was last asked: a long stream is gone through once.
func (d *documents) lineAt(offset int) int {
	offset = min(offset, len(d.text))
	if offset < d.counted {
		d.line -= bytes.Count(d.text[offset:d.counted], []byte("\n"))
	} else {
		d.line += bytes.Count(d.text[d.counted:offset], []byte("\n"))
	}
	d.counted = offset
	return d.line
}

// lineReader hands out one line at a time, so that what was handed out is what was read.
type lineReader struct {
	text []byte
	// line is that of the next byte, from 1.
	line int
}

func (r *lineReader) Read(into []byte) (int, error) {
	if len(r.text) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(r.text, '\n') + 1
	if end == 0 {
		end = len(r.text)
	}
	n := copy(into, r.text[:end])
	if r.text[n-1] == '\n' {
		r.line++
	}
	r.text = r.text[n:]
	return n, nil
}
