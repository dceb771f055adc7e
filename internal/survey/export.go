package survey

import (
	"context"
	"errors"

	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// sumsName is the name of the file that lists all others with their SHA-256.
const sumsName = "SHA256SUMS"

// Export writes a set to an empty folder: a file of canonical lines for each audio file with labels or a clean mark,
// and SHA256SUMS.
func Export(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, dir string) (err error) {
	r, err := reader.New(ctx, tx, set, reader.Filter{})
	if err != nil {
		return err
	}
	sums, err := whole.Create(dir, sumsName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sums.Close()) }()
	return tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error {
		has, err := r.HasLabels(ctx, f)
		if err != nil || !has && !f.Clean {
			return err
		}
		sum, err := exportFile(ctx, r, f, dir)
		if err != nil {
			return err
		}
		_, err = sums.Write(sumsLine(sum, f.Name))
		return err
	})
}

// exportFile writes the labels of one audio file and returns the SHA-256 of the written bytes.
func exportFile(ctx context.Context, r *reader.Reader, f *sqlite.SeenFile, dir string) (sum []byte, err error) {
	out, err := whole.Create(dir, filename.Escape(f.Name)+exportEnding)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	lines := newFileDigest(out)
	if err := r.File(ctx, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
		return lines.write(row, r.Types.ByID[row.TypeID])
	}); err != nil {
		return nil, err
	}
	return lines.sum()
}
