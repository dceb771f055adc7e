package annoset_test

import (
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/sqlite"
)

// layersApart returns how many layers of two sets a diff reads, and whether it goes by ids.
func layersApart(t *testing.T, path string, from, to uuid.UUID) (above [2]int, byID bool, err error) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: true})
	if err != nil {
		return above, false, err
	}
	defer db.Close()
	err = db.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		var rows [2]sqlite.SetRow
		for i, id := range []uuid.UUID{from, to} {
			if rows[i], _, err = tx.SetByUUID(t.Context(), id.String()); err != nil {
				return err
			}
		}
		c, err := diff.New(t.Context(), tx, &rows[0], tx, &rows[1], annoset.DefaultMinIoU)
		if err != nil {
			return err
		}
		above, byID, err = c.LayersApart(t.Context())
		return err
	})
	return above, byID, err
}

// The kinds of changes stand at the root, for its documentation, and in package diff.
func TestChangeKind_sameTexts(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for root, below := range map[annoset.ChangeKind]diff.Kind{
		annoset.ChangeAdded: diff.Added, annoset.ChangeRemoved: diff.Removed, annoset.ChangeRewritten: diff.Rewritten,
		annoset.ChangeRelabelled: diff.Relabelled, annoset.ChangeMoved: diff.Moved, annoset.ChangeEdited: diff.Edited,
		annoset.ChangeMarkedClean: diff.MarkedClean, annoset.ChangeUnmarkedClean: diff.UnmarkedClean,
	} {
		is.Equal(string(root), string(below))
	}
}

// Stats are converted from the totals of the survey, field by field.
func TestStats_sameFields(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	totals := survey.Totals{
		TotalAnnotations: 1, TotalPositiveDurationMS: 2, AnnotationsByType: map[string]int64{"a": 3},
		DurationMSByType: map[string]int64{"a": 4}, AnnotatedAudioFiles: 5, CleanAudioFiles: 6,
	}
	from, to := reflect.ValueOf(totals), reflect.ValueOf(annoset.Stats(totals))
	is.Equal(from.NumField(), to.NumField())
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		is.True(!from.Field(i).IsZero()) // each field is tried here
		is.Equal(from.Field(i).Interface(), to.FieldByName(name).Interface())
	}
}
