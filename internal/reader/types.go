package reader

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Types are the artifact types of a dataset, by row id and by name.
type Types struct {
	ByID       map[int64]string
	ByName     map[string]int64
	Vocabulary []string // declared types, in their order
}

// LoadTypes reads the artifact types of a dataset.
func LoadTypes(ctx context.Context, tx *sqlite.ReadTx, datasetID int64) (*Types, error) {
	rows, err := tx.Types(ctx, datasetID)
	if err != nil {
		return nil, err
	}
	t := &Types{ByID: make(map[int64]string, len(rows)), ByName: make(map[string]int64, len(rows))}
	for _, r := range rows {
		t.ByID[r.ID], t.ByName[r.Name] = r.Name, r.ID
		if r.Declared {
			t.Vocabulary = append(t.Vocabulary, r.Name)
		}
	}
	return t, nil
}
