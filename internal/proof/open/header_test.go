package open_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// refusals are the errors with which a file is refused that is not what it says it is.
var refusals = []error{annoset.ErrNotAStore, annoset.ErrNewerSchema, annoset.ErrCorrupt, annoset.ErrReadOnly}

func isOneOf(err error, wanted ...error) bool {
	for _, want := range wanted {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// TestOpen_whenASchemaVersionIsWrong writes other schema versions into the header of stores.
func TestOpen_whenASchemaVersionIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		made    string
		version int32
		want    error // when opened for writing
	}{
		{"schema1", -1, annoset.ErrNotAStore}, {"schema1", -1 << 31, annoset.ErrNotAStore},
		{"schema1", 0, annoset.ErrNotAStore}, {"schema1", 2, annoset.ErrCorrupt}, {"schema1", 3, annoset.ErrNewerSchema},
		{"schema1", 1<<31 - 1, annoset.ErrNewerSchema},
		{"schema2", -1, annoset.ErrNotAStore}, {"schema2", -7, annoset.ErrNotAStore}, {"schema2", 0, annoset.ErrNotAStore},
		{"schema2", 1, annoset.ErrCorrupt}, {"schema2", 3, annoset.ErrNewerSchema},
	} {
		t.Run(fmt.Sprintf("%s says %d", test.made, test.version), func(t *testing.T) {
			t.Parallel()
			defer proof.NoPanic(t)
			is := is.New(t)
			path := copyOf(t, test.made, t.TempDir(), fmt.Sprintf("PRAGMA user_version = %d", test.version))
			is.True(errors.Is(refused(t, path), test.want))
			before := proof.FolderSums(t, filepath.Dir(path))
			s, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
			is.True(isOneOf(err, refusals...))
			is.True(s == nil)
			is.Equal(proof.FolderSums(t, filepath.Dir(path)), before)
		})
	}
	for _, id := range []int32{-1, 0, 1, 0x616e6e6f + 1, -1 << 31} {
		is := is.New(t)
		path := copyOf(t, "schema2", t.TempDir(), fmt.Sprintf("PRAGMA application_id = %d", id))
		is.True(errors.Is(refused(t, path), annoset.ErrNotAStore))
	}
	t.Run("of a file that is a store by its numbers alone", func(t *testing.T) {
		t.Parallel()
		for _, version := range []int{1, 2} {
			is := is.New(t)
			path := foreignFile(t, t.TempDir(), `PRAGMA application_id = 0x616e6e6f`,
				fmt.Sprintf(`PRAGMA user_version = %d`, version), `CREATE TABLE dataset (a)`)
			is.True(errors.Is(refused(t, path), annoset.ErrCorrupt))
			_, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
			is.True(isOneOf(err, refusals...))
		}
	})
}

// TestOpen_whenTheHeaderIsWrong writes other bytes into each place of the header. What is opened all the same is read
// and written without a panic, and what fails has a name.
func TestOpen_whenTheHeaderIsWrong(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	sound := proof.Value(os.ReadFile(filepath.Join(proof.Root(t), "testdata", "schema2.annoset")))(t)
	sound = append([]byte(nil), sound...)
	try := func(t *testing.T, what string, data []byte) {
		t.Helper()
		defer proof.NoPanic(t)
		path := filepath.Join(t.TempDir(), "labels.annoset")
		for _, readOnly := range []bool{true, false} {
			proof.NoErr(t, os.WriteFile(path, data, 0o600))
			s, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: readOnly})
			if err != nil {
				if !isOneOf(err, refusals...) {
					t.Errorf("%s, read-only %v: %v", what, readOnly, err)
				}
				if now := proof.Value(os.ReadFile(path))(t); string(now) != string(data) {
					t.Errorf("%s, read-only %v: the file was changed: %v", what, readOnly, err)
				}
				continue
			}
			if _, err := s.Datasets(t.Context()); err != nil && !isOneOf(err, refusals...) {
				t.Errorf("%s, read-only %v: read: %v", what, readOnly, err)
			}
			if _, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "new"}); err != nil &&
				!isOneOf(err, refusals...) {
				t.Errorf("%s, read-only %v: write: %v", what, readOnly, err)
			}
			s.Close() // of a damaged file
		}
	}
	t.Run("bytes", func(t *testing.T) {
		t.Parallel()
		for at := range 100 {
			for _, b := range []byte{0, 1, 2, 3, 0x7f, 0x80, 0xff} {
				if sound[at] == b || !proof.Full() && (at+int(b))%5 > 0 {
					continue
				}
				data := append([]byte(nil), sound...)
				data[at] = b
				try(t, fmt.Sprintf("byte %d is %#x", at, b), data)
			}
		}
	})
	t.Run("numbers", func(t *testing.T) {
		t.Parallel()
		for at := 24; at < 100; at += 4 {
			for _, n := range []uint32{0, 1, 5, 1 << 16, 1<<31 - 1, 1<<32 - 1} {
				if !proof.Full() && (at/4+int(n%7))%2 > 0 {
					continue
				}
				data := append([]byte(nil), sound...)
				binary.BigEndian.PutUint32(data[at:], n)
				try(t, fmt.Sprintf("the number at %d is %#x", at, n), data)
			}
		}
	})
}
