// Package real_test imports, publishes and compares labels of real projects. Its figures come from other programs.
package real_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestReal_VoxConverse(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	tests := []struct {
		file           string
		turns, files   int64
		plain, covered int64
		found          []string // by another program, which compared all pairs
	}{
		{"voxconverse/test-0.3.rttm", 19_479, 232, 144_792_880, 140_349_220, []string{"overlap", "overlap"}},
		{"voxconverse/test-0.2.rttm", 19_479, 232, 144_792_880, 140_349_220, []string{"overlap"}},
		{"voxconverse/dev.rttm", 8_268, 216, 0, 68_074_600, []string{"contradiction", "contradiction"}},
	}
	for _, tt := range tests {
		t.Run("counts the turns of "+tt.file, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			labels := proof.RTTM(t, tt.file)
			plain, bySpeaker := int64(0), map[string]int64{}
			for _, a := range labels {
				plain += a.EndMS - a.StartMS
				bySpeaker[a.ArtifactType]++
			}
			if tt.plain != 0 {
				is.Equal(plain, tt.plain) // the parser is right
			}
			s := proof.OpenStore(t, nil)
			set := proof.NewDraft(t, s.Store, "voxconverse")

			n, err := s.Import(t.Context(), set.ID, proof.Pairs(labels...), nil)
			is.NoErr(err)
			set, err = s.Publish(t.Context(), set.ID, nil)

			is.NoErr(err)
			is.Equal(int64(n), tt.turns)                                                         // each turn is a label
			is.Equal(set.TotalAnnotations, tt.turns)                                             // and is counted
			is.Equal(set.AnnotatedAudioFiles, tt.files)                                          // in this many recordings
			is.Equal(set.TotalPositiveDurationMS, tt.covered)                                    // overlaps counted once
			is.Equal(set.AnnotationsByType, bySpeaker)                                           // per speaker
			is.Equal(proof.Nameless(proof.LabelsOf(t, s.Store, set.ID)), proof.Nameless(labels)) // nothing is lost
			is.Equal(proof.KindsOf(proof.Checked(t, s.Store, set.ID, nil)), tt.found)            // its mistakes are found
		})
	}

	t.Run("tells one release from the next", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		old, corrected := proof.RTTM(t, "voxconverse/test-0.2.rttm"), proof.RTTM(t, "voxconverse/test-0.3.rttm")
		is.Equal(len(old), len(corrected)) // turn by turn, only speakers differ
		files := map[string]bool{}
		for i, a := range corrected {
			if a.ArtifactType != old[i].ArtifactType {
				files[a.AudioFileID] = true
			}
		}
		is.Equal(len(files), 18) // recordings that were corrected
		others := func(a annoset.Annotation) bool { return !files[a.AudioFileID] }
		old, corrected = slices.DeleteFunc(old, others), slices.DeleteFunc(corrected, others)
		s := proof.OpenStore(t, nil)
		v1 := proof.NewDraft(t, s.Store, "voxconverse")
		ids, err := s.Add(t.Context(), v1.ID, old...)
		is.NoErr(err)
		v1, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "0.3"})
		is.NoErr(err)
		changed := 0
		for i, a := range corrected {
			if a.ArtifactType == old[i].ArtifactType {
				continue
			}
			is.NoErr(s.Update(t.Context(), v2.ID, proof.WithID(ids[i], a)))
			changed++
		}
		is.Equal(changed, 52) // turns

		v2, err = s.Publish(t.Context(), v2.ID, nil)

		is.NoErr(err)
		is.Equal(v2.TotalPositiveDurationMS, v1.TotalPositiveDurationMS) // the times are the same
		is.Equal(v2.Digest, proof.PublishedWith(t, corrected).Digest)    // 52 edits lead to the release itself
		is.True(v1.Digest != v2.Digest)                                  // which differs from the older one
	})
}

func TestReal_VoxConverse_Diff(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	old, corrected := proof.RTTM(t, "voxconverse/test-0.2.rttm"), proof.RTTM(t, "voxconverse/test-0.3.rttm")
	a, b := proof.OpenStore(t, nil), proof.OpenStore(t, nil)
	imports := map[*proof.Store][]annoset.Annotation{a: old, b: corrected}
	sets := map[*proof.Store]annoset.AnnotationSet{}
	for s, labels := range imports {
		set := proof.NewDraft(t, s.Store, "voxconverse")
		proof.Value(s.Import(t.Context(), set.ID, proof.Pairs(labels...), nil))(t)
		sets[s] = proof.Value(s.Publish(t.Context(), set.ID, nil))(t)
	}
	second := proof.NewDraft(t, a.Store, "voxconverse 0.3") // in the same store, and still a draft
	proof.Value(a.Import(t.Context(), second.ID, proof.Pairs(corrected...), nil))(t)

	twoStores := proof.Collect(t, annoset.DiffStores(t.Context(), a.Store, sets[a].ID, b.Store, sets[b].ID, nil))
	byContent := proof.DiffOf(t, a.Store, sets[a].ID, second.ID)
	v2 := proof.Value(a.NewVersion(t.Context(), sets[a].ID, annoset.NewSet{}))(t)
	proof.Apply(t, a.Store, v2.ID, byContent)
	v2 = proof.Value(a.Publish(t.Context(), v2.ID, &annoset.PublishOptions{ChangeLog: true}))(t)
	byID := proof.DiffOf(t, a.Store, sets[a].ID, v2.ID)

	is.Equal(v2.Digest, sets[b].Digest)                          // the changes lead from one release to the other
	is.Equal(proof.Changes(twoStores), proof.Changes(byContent)) // in whichever store
	is.Equal(proof.Changes(byID), proof.Changes(byContent))      // with ids or without
	is.True(strings.Contains(v2.Notes, " as spk"))               // and the change log tells of them
	for _, changes := range [][]annoset.Change{twoStores, byContent, byID} {
		summary, err := annoset.SummarizeDiff(func(yield func(annoset.Change, error) bool) {
			for _, c := range changes {
				if !yield(c, nil) {
					return
				}
			}
		})
		is.NoErr(err)
		is.Equal(summary.ChangeCounts, annoset.ChangeCounts{Relabelled: 52}) // and nothing else
		is.Equal(len(summary.ByAudioFile), 18)                               // recordings
	}
}

func TestReal_DESED(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	labels, clean, _ := proof.DESED(t)
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "desed")

	is.NoErr(s.MarkClean(t.Context(), set.ID, clean...))
	n, err := s.Import(t.Context(), set.ID, proof.Pairs(labels...), nil)
	is.NoErr(err)
	set, err = s.Publish(t.Context(), set.ID, nil)

	is.NoErr(err)
	is.Equal(n, 4_224)                                   // events
	is.Equal(set.TotalAnnotations, int64(4_224))         // all of them
	is.Equal(set.CleanAudioFiles, int64(15))             // examined, and nothing there
	is.Equal(set.AnnotatedAudioFiles, int64(1_153))      // 1,168 with the clean ones
	is.Equal(len(set.AnnotationsByType), 10)             // types
	is.Equal(len(proof.CleanOf(t, s.Store, set.ID)), 15) // by name
	is.Equal(proof.KindsOf(proof.Checked(t, s.Store, set.ID, nil)), []string{"contradiction", "contradiction"})
	durations := []annoset.AudioFile{}
	for _, f := range proof.Rows(t, proof.OpenSample(t, "desed/validation_durations.tsv"), proof.SplitBy("\t"))[1:] {
		durations = append(durations, annoset.AudioFile{ID: f[0], DurationMS: proof.Millis(t, f[1])})
	}
	is.Equal(len(durations), 1_168) // one a file
	before := proof.Dump(t, s.Store)
	err = s.AddAudioFiles(t.Context(), set.DatasetID, durations...)
	is.Equal(len(proof.BadFields(is, err)), 16) // real labels reach past the end of their file now and then
	is.Equal(proof.Dump(t, s.Store), before)    // nothing written
}
