package annoset_test

import (
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestDiffStores_ofTwoHandlesOfOneStoreInMemory(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s, err := annoset.OpenMemory(t.Context(), &annoset.Options{BusyTimeout: 100 * time.Millisecond})
	is.NoErr(err)
	defer s.Close()
	set := newDraft(t, s, "set")
	_, err = s.Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
	is.NoErr(err)
	for _, err := range annoset.DiffStores(t.Context(), s, set.ID, s.As("ann"), set.ID, nil) {
		is.NoErr(err) // they share one connection, which is taken once
	}
}

func TestStore_Publish_changeLogWithApprovals(t *testing.T) {
	t.Parallel()
	for notes, want := range map[string]string{
		"":            "- Added 1 label in 1 file: 1 hum.",
		"fixed":       "fixed\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\n":     "fixed\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\r\n":   "fixed\r\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\n\n\n": "fixed\n\n\n- Added 1 label in 1 file: 1 hum.",
	} {
		is := is.New(t)
		s := openStore(t, nil)
		d, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "d", RequiredApprovals: 1})
		is.NoErr(err)
		draft, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: notes})
		is.NoErr(err)
		_, err = s.As("ann").Add(t.Context(), draft.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
		draft, err = s.SetByID(t.Context(), draft.ID)
		is.NoErr(err)
		_, err = s.As("ben").Approve(t.Context(), draft.ID, draft.Revision, "")
		is.NoErr(err)
		set, err := s.As("ann").Publish(t.Context(), draft.ID, &annoset.PublishOptions{ChangeLog: true})
		is.NoErr(err) // the log comes after what was approved, to the byte
		is.Equal(set.Notes, want)
		reviews, err := s.Reviews(t.Context(), set.ID)
		is.NoErr(err)
		is.True(!reviews[0].Void) // and voids nothing
		is.Equal(set.Revision, draft.Revision)
	}
}
