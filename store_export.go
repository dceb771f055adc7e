package annoset

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// sumsName is the file that names all others, in the form of sha256sum.
const sumsName = "SHA256SUMS"

// Export writes a set to a new folder dir: for each audio file with labels, and each clean one, a file of canonical
// JSON Lines, and SHA256SUMS, by which "sha256sum -c SHA256SUMS" verifies them. The SHA-256 of SHA256SUMS is the digest
// of the set, published or, if a draft, as it would be now.
//
// Each line is one label with the keys artifact_type, start_ms, end_ms, confidence and extra_data, the last two only
// where there is something; the file of a clean audio file is empty. Files are named after the audio file id and end in
// ".jsonl"; what a file system could take amiss is percent-encoded, and a "~" with a note of upper and lower case
// follows where there is upper case, so that no two ids share a name on any system. The folder is made under another name
// beside dir, which must be possible, and moved to dir once all is there.
//
// Errors: [ErrNotFound]; [ErrExists] if there is something at dir other than an empty folder; those of the file system.
// After an error there is nothing at dir.
func (s *Store) Export(ctx context.Context, setID uuid.UUID, dir string) error {
	op := fmt.Sprintf("export to %q", dir)
	if err := s.gone(); err != nil {
		return translate(op, err)
	}
	return s.outcome(op, whole.Write(whole.Folder, dir, func(temp string) error {
		return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
			set, err := findSet(ctx, tx, op, setID)
			if err != nil {
				return err
			}
			if err := os.Mkdir(temp, 0o777); err != nil {
				return err
			}
			return exportTo(ctx, tx, &set, temp)
		})
	}))
}

func exportTo(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, dir string) (err error) {
	r, err := newReader(ctx, tx, set, &Filter{})
	if err != nil {
		return err
	}
	sums, err := whole.Create(dir, sumsName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sums.Close()) }()
	return tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error {
		bears, err := bearsLabels(ctx, tx, r.stack, f)
		if err != nil || !bears && !f.Clean {
			return err
		}
		sum, err := r.exportFile(ctx, f, dir)
		if err != nil {
			return err
		}
		_, err = sums.Write(sumsLine(sum, f.Name))
		return err
	})
}

// exportFile writes the labels of one audio file and returns the SHA-256 of what it wrote.
func (r *reader) exportFile(ctx context.Context, f *sqlite.SeenFile, dir string) (sum []byte, err error) {
	out, err := whole.Create(dir, filename.Escape(f.Name)+exportEnding)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	lines := newFileDigest(out)
	if err := r.tx.EachLabel(ctx, r.stack, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
		if row.Hidden {
			return nil
		}
		return lines.write(row, r.types.byID[row.TypeID])
	}); err != nil {
		return nil, err
	}
	return lines.sum()
}
