package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
)

// TestReadTx_endsWhileItSorts ends the context of reads in the middle of their first step, in which SQLite sorts many
// rows, or looks at many and yields none.
func TestReadTx_endsWhileItSorts(t *testing.T) { //nolint:paralleltest // it measures time
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	is := is.New(t)
	ctx := context.Background()
	db, err := Open(ctx, Config{BusyTimeout: time.Minute})
	is.NoErr(err)
	defer db.Close()
	is.NoErr(db.Write(ctx, false, func(tx *WriteTx) error {
		return tx.WithoutGuards(ctx, func() error {
			for _, q := range []string{
				`INSERT INTO dataset (id, uuid, name, description, created_ms, updated_ms)
				VALUES (1, '012345678901234567890123456789012345', 'd', '', 1, 1)`,
				`INSERT INTO layer (id, dataset_id) VALUES (1, 1)`,
				`INSERT INTO artifact_type (id, dataset_id, name, description, color, declared, place)
				VALUES (1, 1, 't', '', '', 0, 0)`,
				`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
				INSERT INTO audio_file (dataset_id, name, duration_ms, registered)
				SELECT 1, hex(randomblob(20)), 0, 1 FROM n`,
				`INSERT INTO layer_file (layer_id, file_id, clean) SELECT 1, id, 0 FROM audio_file`,
				`INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed)
				SELECT 1, id, 0, id, 1, 1, 1 FROM audio_file`,
			} {
				if err := tx.exec(ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
	}))
	for name, read := range map[string]func(context.Context, *ReadTx) error{
		"SeenFiles": func(ctx context.Context, tx *ReadTx) error {
			return tx.SeenFiles(ctx, 1, func(*SeenFile) error { return errors.New("it was faster") })
		},
		"ChangedFiles": func(ctx context.Context, tx *ReadTx) error {
			return tx.ChangedFiles(ctx, 1, func(*SeenFile) error { return errors.New("it was faster") })
		},
		"FilesOf": func(ctx context.Context, tx *ReadTx) error {
			_, err := tx.FilesOf(ctx, []int64{1}, 1, 1)
			return err
		},
		"Strays": func(ctx context.Context, tx *ReadTx) error {
			_, err := tx.Strays(ctx, []int64{1}, []int64{1})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.NoErr(db.Read(ctx, func(tx *ReadTx) error {
				var whole, took time.Duration
				for range 3 { // the machine may be busy
					began := time.Now()
					read(ctx, tx) //nolint:errcheck // how long it takes
					whole = time.Since(began)
					canceled, cancel := context.WithTimeout(ctx, whole/10)
					began = time.Now()
					err := read(canceled, tx)
					took = time.Since(began)
					cancel()
					if errors.Is(err, context.DeadlineExceeded) && took < whole/2 {
						return nil
					}
				}
				t.Errorf("it takes %v, and %v where its context ends", whole, took)
				return nil
			}))
		})
	}
}
