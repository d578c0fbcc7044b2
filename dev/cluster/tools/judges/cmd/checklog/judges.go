package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// askNote has the Go team's notes verify every checkpoint's signature.
func askNote(_ context.Context, e *evidence) error {
	known := note.VerifierList(e.verifier)
	if _, err := note.Open(e.signed, known); err != nil {
		return err
	}
	for i, o := range e.Older {
		if _, err := note.Open([]byte(o.Checkpoint), known); err != nil {
			return fmt.Errorf("older checkpoint %d: %w", i, err)
		}
	}
	return nil
}

// askTlog has the Go checksum database's tiles make every proof anew, and compares: there is exactly one.
func askTlog(ctx context.Context, e *evidence) error {
	tree := e.claimed.Tree
	reader := torchwood.TileHashReaderWithContext(ctx, tree, e.tiles)
	for _, l := range e.Leaves {
		given, err := hashes(l.Path)
		if err != nil {
			return err
		}
		made, err := tlog.ProveRecord(tree.N, l.Index, reader)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", l.Index, err)
		}
		if !slices.Equal(made, tlog.RecordProof(given)) {
			return fmt.Errorf("leaf %d: the inclusion proof is another one than the tiles give", l.Index)
		}
		if err := tlog.CheckRecord(given, tree.N, tree.Hash, l.Index, tlog.RecordHash(l.Entry)); err != nil {
			return fmt.Errorf("leaf %d: %w", l.Index, err)
		}
	}
	for i, o := range e.Older {
		before := e.before[i].Tree
		given, err := hashes(o.Path)
		if err != nil {
			return err
		}
		made, err := tlog.ProveTree(tree.N, before.N, reader)
		if err != nil {
			return fmt.Errorf("size %d: %w", before.N, err)
		}
		if !slices.Equal(made, tlog.TreeProof(given)) {
			return fmt.Errorf("size %d: the consistency proof is another one than the tiles give", before.N)
		}
		if err := tlog.CheckTree(given, tree.N, tree.Hash, before.N, before.Hash); err != nil {
			return fmt.Errorf("size %d: %w", before.N, err)
		}
	}
	return nil
}

// askTorchwood has Torchwood verify the checkpoint and its origin, walk through every entry of the log, and verify
// each given leaf as a C2SP tlog-proof.
func askTorchwood(ctx context.Context, e *evidence) error {
	policy := torchwood.ThresholdPolicy(2,
		torchwood.OriginPolicy(e.verifier.Name()), torchwood.SingleVerifierPolicy(e.verifier))
	checkpoint, _, err := torchwood.VerifyCheckpoint(e.signed, policy)
	if err != nil {
		return err
	}
	given := map[int64][]byte{}
	for _, l := range e.Leaves {
		given[l.Index] = l.Entry
	}
	client, err := torchwood.NewClient(e.tiles)
	if err != nil {
		return err
	}
	var next int64
	for i, entry := range client.AllEntries(ctx, checkpoint.Tree, 0) {
		if want, ok := given[i]; i != next || (ok && !bytes.Equal(want, entry)) {
			return fmt.Errorf("entry %d is another one", i)
		}
		next++
	}
	if err := client.Err(); err != nil {
		return err
	}
	if next != checkpoint.N {
		return fmt.Errorf("%d entries instead of %d", next, checkpoint.N)
	}
	for _, l := range e.Leaves {
		path, err := hashes(l.Path)
		if err != nil {
			return err
		}
		record := torchwood.FormatProof(l.Index, path, e.signed)
		if err := torchwood.VerifyProof(policy, tlog.RecordHash(l.Entry), record); err != nil {
			return err
		}
	}
	return nil
}

// askMerkle has transparency-dev's RFC 6962 proofs lead from leaves and older roots to the claimed root.
func askMerkle(_ context.Context, e *evidence) error {
	size, root := uint64(e.claimed.N), e.claimed.Hash[:]
	hasher := rfc6962.DefaultHasher
	for _, l := range e.Leaves {
		err := proof.VerifyInclusion(hasher, uint64(l.Index), size, hasher.HashLeaf(l.Entry), l.Path, root)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", l.Index, err)
		}
	}
	for i, o := range e.Older {
		before := e.before[i].Tree
		err := proof.VerifyConsistency(hasher, uint64(before.N), size, o.Path, before.Hash[:], root)
		if err != nil {
			return fmt.Errorf("size %d: %w", before.N, err)
		}
	}
	return nil
}
