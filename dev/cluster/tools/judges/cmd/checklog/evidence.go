package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Evidence is what the judges look at. Nothing in it is verified yet.
type evidence struct {
	question
	verifier note.Verifier
	tiles    torchwood.TileReader
	// The signed checkpoint as served, and what it claims.
	signed  []byte
	claimed torchwood.Checkpoint
	// What the older checkpoints claim, in the order of the question.
	before []torchwood.Checkpoint
}

func load(ctx context.Context, q question) (*evidence, error) {
	e := &evidence{question: q}
	var err error
	if e.verifier, err = note.NewVerifier(q.VKey); err != nil {
		return nil, fmt.Errorf("vkey: %w", err)
	}
	if err := e.open(ctx); err != nil {
		return nil, err
	}
	if e.claimed, err = claims(e.signed); err != nil {
		return nil, err
	}
	for i, o := range q.Older {
		c, err := claims([]byte(o.Checkpoint))
		if err != nil {
			return nil, fmt.Errorf("older checkpoint %d: %w", i, err)
		}
		e.before = append(e.before, c)
	}
	return e, nil
}

// open finds the tiles, and reads the checkpoint, of a log at a URL or in a folder.
func (e *evidence) open(ctx context.Context) error {
	var err error
	if !strings.HasPrefix(e.Log, "http://") && !strings.HasPrefix(e.Log, "https://") {
		if e.tiles, err = torchwood.NewTileFS(os.DirFS(e.Log)); err != nil {
			return err
		}
		e.signed, err = os.ReadFile(filepath.Join(e.Log, "checkpoint"))
		return err
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: bearer(e.Bearer)}
	fetcher, err := torchwood.NewTileFetcher(e.Log, torchwood.WithHTTPClient(client))
	if err != nil {
		return err
	}
	e.tiles = fetcher
	e.signed, err = fetcher.ReadEndpoint(ctx, "checkpoint")
	return err
}

// claims reads a checkpoint without its signatures.
func claims(signed []byte) (torchwood.Checkpoint, error) {
	text, _, found := strings.Cut(string(signed), "\n\n")
	if !found {
		return torchwood.Checkpoint{}, errors.New("the checkpoint is not a signed note")
	}
	return torchwood.ParseCheckpoint(text + "\n")
}

// bearer adds a token to every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// hashes turns a proof into tlog's form.
func hashes(path [][]byte) ([]tlog.Hash, error) {
	p := make([]tlog.Hash, len(path))
	for i, h := range path {
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("hash %d of a proof has %d bytes", i, len(h))
		}
		p[i] = tlog.Hash(h)
	}
	return p, nil
}
