// Checklog holds a log against four implementations of its formats, none of them this project's: the Go team's
// notes and tiles, Torchwood, and the Merkle proofs of transparency-dev.
//
// It reads one JSON object (see question) from stdin and writes one (see answer) to stdout. Exit status: 0 when
// every judge accepts, 1 when one refuses, 2 when the question is malformed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A question says which log to judge, and what its writer claims about it. Byte strings are base64.
type question struct {
	// VKey is the log's verifier key (C2SP signed-note).
	VKey string `json:"vkey"`
	// Log is the URL or the folder that holds checkpoint and tiles.
	Log string `json:"log"`
	// Bearer is the token sent with every request; entry bundles may need one.
	Bearer string `json:"bearer"`
	// Leaves are entries with the inclusion proofs that the writer's own code makes.
	Leaves []leaf `json:"leaves"`
	// Older are signed checkpoints that the log must continue, each with the writer's consistency proof.
	Older []older `json:"older"`
	// Seconds after which a judge that has not answered counts as refusing.
	Seconds int `json:"seconds"`
}

type leaf struct {
	Index int64    `json:"index"`
	Entry []byte   `json:"entry"`
	Path  [][]byte `json:"path"`
}

type older struct {
	Checkpoint string   `json:"checkpoint"`
	Path       [][]byte `json:"path"`
}

type answer struct {
	Accepted bool   `json:"accepted"`
	Origin   string `json:"origin,omitempty"`
	Size     int64  `json:"size"`
	// Verdicts by judge: empty when it accepts, else why not.
	Verdicts map[string]string `json:"verdicts"`
}

func main() {
	var q question
	in := json.NewDecoder(os.Stdin)
	in.DisallowUnknownFields()
	if err := in.Decode(&q); err != nil {
		fmt.Fprintln(os.Stderr, "checklog: stdin is not a question:", err)
		os.Exit(2)
	}
	if q.Seconds <= 0 {
		q.Seconds = 30
	}
	a := judge(q)
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, "checklog:", err)
		os.Exit(2)
	}
	if !a.Accepted {
		os.Exit(1)
	}
}

// judge asks every judge, also when another has refused already: each of them must be able to refuse.
func judge(q question) answer {
	a := answer{Verdicts: map[string]string{}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(q.Seconds)*time.Second)
	defer cancel()
	c, err := load(ctx, q)
	if err != nil {
		a.Verdicts["load"] = err.Error()
		return a
	}
	a.Origin, a.Size = c.claimed.Origin, c.claimed.N
	a.Accepted = true
	for name, ask := range map[string]func(context.Context, *evidence) error{
		"note":      askNote,
		"tlog":      askTlog,
		"torchwood": askTorchwood,
		"merkle":    askMerkle,
	} {
		a.Verdicts[name] = ""
		if err := ask(ctx, c); err != nil {
			a.Verdicts[name] = err.Error()
			a.Accepted = false
		}
	}
	return a
}
