package survey

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// A listing is read in chunks of chunkFiles audio files; at most chunksAhead chunks are buffered.
const (
	chunkFiles  = 256
	chunksAhead = 64
)

// listedFile is an audio file of a set, with its stored digest.
type listedFile struct {
	id     int64
	name   string
	digest []byte // nil: none is stored
}

// listing reads the audio files of a set in the background.
type listing struct {
	chunks chan []listedFile
	done   chan error
	stop   context.CancelFunc
}

// listFiles begins to read the audio files that a set sees, in order of name, through a connection of its own. The
// listing must be closed. As with [survey.runParallel], the caller must not have written anything that the set sees.
func listFiles(ctx context.Context, db *sqlite.DB, layerID int64) *listing {
	ctx, stop := context.WithCancel(ctx)
	l := &listing{chunks: make(chan []listedFile, chunksAhead), done: make(chan error, 1), stop: stop}
	go func() {
		defer close(l.chunks)
		l.done <- db.Read(ctx, func(tx *sqlite.ReadTx) error { return l.read(ctx, tx, layerID) })
	}()
	return l
}

func (l *listing) read(ctx context.Context, tx *sqlite.ReadTx, layerID int64) error {
	chunk := make([]listedFile, 0, chunkFiles)
	send := func() error {
		select {
		case l.chunks <- chunk:
			chunk = make([]listedFile, 0, chunkFiles)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := tx.SeenFiles(ctx, layerID, func(f *sqlite.SeenFile) error {
		if chunk = append(chunk, listedFile{id: f.ID, name: f.Name, digest: f.Digest}); len(chunk) < chunkFiles {
			return nil
		}
		return send()
	}); err != nil {
		return err
	}
	return send()
}

// close stops the reading and waits for its end.
func (l *listing) close() {
	l.stop()
	for range l.chunks { // until the reading goroutine closes it
	}
}

// digest returns the digest of the set: with the digests that the survey found, and for all other files the stored
// ones.
func (l *listing) digest(sv *survey) (string, error) {
	found := make(map[int64][]byte, len(sv.files))
	for i := range sv.files {
		found[sv.files[i].ID] = sv.results[i].digest
	}
	m := newManifest()
	for chunk := range l.chunks {
		for i := range chunk {
			f := &chunk[i]
			digest, surveyed := found[f.id]
			if !surveyed {
				digest = f.digest
			}
			if digest != nil {
				m.add(digest, f.name)
			}
		}
	}
	return m.String(), <-l.done
}

// storedDigest returns the digest of a set from the stored digests of its audio files.
func storedDigest(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (string, error) {
	m := newManifest()
	err := tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error {
		if f.Digest != nil {
			m.add(f.Digest, f.Name)
		}
		return nil
	})
	return m.String(), err
}
