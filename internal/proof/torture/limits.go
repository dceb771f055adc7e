package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// bound is one limit that a store is taken to.
type bound struct {
	name string
	what string
	run  func(ctx context.Context, b *bench) error
}

// bounds are the limits, in the order in which they are tried.
var bounds = []bound{
	{"unicode", "every code point in ids, types, names, notes and extra data", unicodeEverywhere},
	{"ids", "ids of 10,000 characters", longIDs},
	{"extra", "extra data of 1 MB", largeExtraData},
	{"files", "100,000 audio files", manyFiles},
	{"one file", "a million labels in one audio file", oneFile},
	{"one moment", "a million labels that begin in one millisecond", oneMoment},
	{"versions", "10,000 versions of a dataset", manyVersions},
	{"labels", "10,000,000 labels in a set", manyLabels},
}

// limits takes stores to their limits, each in a process of its own so that its memory can be measured.
func limits(ctx context.Context, o *options) (string, error) {
	var all []string
	for i, b := range bounds {
		if o.only != "" && o.only != b.name {
			continue
		}
		o.progress("%s: %s", b.name, b.what)
		path := filepath.Join(o.dir, fmt.Sprintf("limit%d.annoset", i))
		c, err := start(ctx, &task{Program: "limit", Path: path, Shape: i, Scale: o.scale})
		if err != nil {
			return "", err
		}
		began := time.Now()
		for {
			line, ok := c.line()
			if !ok {
				break
			}
			o.progress("  %s", line)
		}
		if err := c.wait(); err != nil {
			return "", fmt.Errorf("%s: %w", b.name, err)
		}
		took, peak := time.Since(began).Seconds(), peakOf(c.cmd.ProcessState)
		all = append(all, fmt.Sprintf("%s in %.0f s with %s", b.name, took, peak))
		if err := errors.Join(o.inspectLimit(ctx, path), os.Remove(path)); err != nil {
			return "", fmt.Errorf("%s: %w", b.name, err)
		}
	}
	if len(all) == 0 {
		return "", fmt.Errorf("there is no limit %q", o.only)
	}
	return fmt.Sprintf("%d limits reached, 0 exceeded: %s", len(all), strings.Join(all, "; ")), nil
}

// inspectLimit checks the file of a limit unless it is so large that this would take more than some minutes.
func (o *options) inspectLimit(ctx context.Context, path string) error {
	const most = 200 << 20
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > most {
		o.progress("  the file has %d MB: its invariants are not checked", info.Size()>>20)
		return nil
	}
	return inspect.File(ctx, path)
}

// limit goes to one limit.
func limit(ctx context.Context, t *task) error {
	s, err := annoset.Open(ctx, t.Path, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	if err != nil {
		return err
	}
	b := &bench{Store: s, path: t.Path, scale: t.Scale}
	return errors.Join(bounds[t.Shape].run(ctx, b), s.Close())
}

// bench is a store on which steps are timed.
type bench struct {
	*annoset.Store
	path  string
	scale int
}

// step does something, and prints how long it took.
func (b *bench) step(what string, do func() error) error {
	began := time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	fmt.Printf("%-44s %8.3f s%s\n", what, time.Since(began).Seconds(), peakSoFar())
	return nil
}

// draft makes a dataset and an empty draft in it.
func (b *bench) draft(ctx context.Context, name string) (annoset.AnnotationSet, error) {
	d, err := b.CreateDataset(ctx, annoset.NewDataset{Name: name})
	if err != nil {
		return annoset.AnnotationSet{}, err
	}
	return b.CreateSet(ctx, d.ID, annoset.NewSet{})
}

// life imports labels into a new set and does with it all that one does with a set.
func (b *bench) life(ctx context.Context, n int, label func(i int) annoset.Annotation) error {
	set, err := b.draft(ctx, "limit")
	if err != nil {
		return err
	}
	var next annoset.AnnotationSet
	file := label(n / 2).AudioFileID
	count := func(set uuid.UUID, f annoset.Filter) (found int, err error) {
		for _, err := range b.Annotations(ctx, set, f) {
			if err != nil {
				return 0, err
			}
			found++
		}
		return found, nil
	}
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{fmt.Sprintf("import %d labels", n), func() error {
			_, err := b.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				for i := range n {
					if !yield(label(i), nil) {
						return
					}
				}
			}, nil)
			return err
		}},
		{"statistics of the draft", func() error {
			stats, err := b.Stats(ctx, set.ID)
			return errors.Join(err, same(stats.TotalAnnotations, int64(n)))
		}},
		{"publish", func() error { _, err := b.Publish(ctx, set.ID, nil); return err }},
		{"new version", func() (err error) {
			next, err = b.NewVersion(ctx, set.ID, annoset.NewSet{})
			return errors.Join(err, same(next.TotalAnnotations, int64(n)))
		}},
		{"find, change and delete a label", func() error {
			page, err := b.Page(ctx, next.ID, annoset.Filter{}, annoset.Position{}, 2)
			if err != nil {
				return err
			}
			a := page.Annotations[0]
			a.EndMS++
			return errors.Join(b.Update(ctx, next.ID, a), b.Delete(ctx, next.ID, page.Annotations[1].ID))
		}},
		{"publish the new version", func() error { _, err := b.Publish(ctx, next.ID, nil); return err }},
		{"read all labels of it", func() error {
			found, err := count(next.ID, annoset.Filter{})
			return errors.Join(err, same(int64(found), int64(n-1)))
		}},
		{"read one audio file of it", func() error {
			_, err := count(next.ID, annoset.Filter{AudioFileIDs: []string{file}})
			return err
		}},
		{"verify it", func() error { return b.Verify(ctx, next.ID) }},
	} {
		if err := b.step(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func same[T comparable](got, want T) error {
	if got != want {
		return fmt.Errorf("it is %v, not %v", got, want)
	}
	return nil
}

// tenTypes are the artifact types of labels made in great numbers.
var tenTypes = strings.Fields("glitch hum pop click hiss long_pause hallucination clipping echo noise")

func manyLabels(ctx context.Context, b *bench) error {
	return b.life(ctx, 10_000_000/b.scale, func(i int) annoset.Annotation {
		start := int64(i%2000) * 700
		return annoset.Annotation{
			AudioFileID: fmt.Sprintf("file%05d.wav", i/2000), ArtifactType: tenTypes[i%10],
			StartMS: start, EndMS: start + int64(i%5)*300,
		}
	})
}

func oneFile(ctx context.Context, b *bench) error {
	return b.life(ctx, 1_000_000/b.scale, func(i int) annoset.Annotation {
		return annoset.Annotation{
			AudioFileID: "one.wav", ArtifactType: tenTypes[i%10], StartMS: int64(i) * 7, EndMS: int64(i)*7 + 100_000,
		}
	})
}

func oneMoment(ctx context.Context, b *bench) error {
	return b.life(ctx, 1_000_000/b.scale, func(i int) annoset.Annotation {
		return annoset.Annotation{AudioFileID: "one.wav", ArtifactType: tenTypes[i%10], StartMS: 1000, EndMS: 1000 + int64(i)}
	})
}

func manyFiles(ctx context.Context, b *bench) error {
	n := 100_000 / b.scale
	name := func(i int) string { return fmt.Sprintf("recordings/file %06d.wav", i) }
	if err := b.life(ctx, 2*n, func(i int) annoset.Annotation {
		start := int64(i)
		return annoset.Annotation{AudioFileID: name(i / 2), ArtifactType: tenTypes[i%10], StartMS: start, EndMS: start + 10}
	}); err != nil {
		return err
	}
	d, err := b.DatasetByName(ctx, "limit")
	if err != nil {
		return err
	}
	files := make([]annoset.AudioFile, n)
	clean := make([]string, n)
	for i := range files {
		files[i] = annoset.AudioFile{ID: name(i), DurationMS: 1_000_000}
		clean[i] = "clean " + name(i)
	}
	err = b.step("register all audio files", func() error { return b.AddAudioFiles(ctx, d.ID, files...) })
	if err != nil {
		return err
	}
	set, err := b.CreateSet(ctx, d.ID, annoset.NewSet{})
	if err != nil {
		return err
	}
	if err := b.step("mark as many clean", func() error { return b.MarkClean(ctx, set.ID, clean...) }); err != nil {
		return err
	}
	if err := b.step("publish these", func() error { _, err := b.Publish(ctx, set.ID, nil); return err }); err != nil {
		return err
	}
	return b.step("list all audio files", func() error {
		list, err := b.AudioFiles(ctx, d.ID)
		return errors.Join(err, same(len(list), 2*n))
	})
}

func manyVersions(ctx context.Context, b *bench) error {
	n := 10_000 / b.scale
	set, err := b.draft(ctx, "limit")
	if err != nil {
		return err
	}
	for i := 0; i < n; {
		to := min(n, i+max(1, n/10))
		if err := b.step(fmt.Sprintf("version, add and publish, %d to %d", i+1, to), func() error {
			for ; i < to; i++ {
				label := annoset.Annotation{
					AudioFileID: fmt.Sprintf("file%d.wav", i%100), ArtifactType: "glitch", StartMS: int64(i), EndMS: int64(i) + 1,
				}
				if _, err := b.Add(ctx, set.ID, label); err != nil {
					return err
				}
				if _, err := b.Publish(ctx, set.ID, nil); err != nil {
					return err
				}
				if set, err = b.NewVersion(ctx, set.ID, annoset.NewSet{}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if err := b.step("list all sets", func() error {
		sets, err := b.Sets(ctx, set.DatasetID, annoset.SetFilter{})
		return errors.Join(err, same(len(sets), n+1))
	}); err != nil {
		return err
	}
	latest, err := b.LatestPublished(ctx, set.DatasetID)
	if err != nil {
		return err
	}
	if err := b.step("verify the latest", func() error { return b.Verify(ctx, latest.ID) }); err != nil {
		return err
	}
	return b.step("read it", func() error {
		found := 0
		for _, err := range b.Annotations(ctx, latest.ID, annoset.Filter{}) {
			if err != nil {
				return err
			}
			found++
		}
		return same(found, n)
	})
}

func largeExtraData(ctx context.Context, b *bench) error {
	text := strings.Repeat("0123456789abcdef", 1<<16)
	extra := func(i int) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"n": %d, "text": "%s"}`, i, text)) }
	n := max(2, 500/b.scale)
	if err := b.life(ctx, n, func(i int) annoset.Annotation {
		return annoset.Annotation{
			AudioFileID: fmt.Sprint("file", i%20), ArtifactType: "glitch", StartMS: int64(i), EndMS: int64(i),
			ExtraData: extra(i),
		}
	}); err != nil {
		return err
	}
	d, err := b.CreateDataset(ctx, annoset.NewDataset{Name: "large", ExtraData: extra(0)})
	if err != nil {
		return err
	}
	set, err := b.CreateSet(ctx, d.ID, annoset.NewSet{Notes: text, ExtraData: extra(1)})
	if err != nil {
		return err
	}
	if string(d.ExtraData) != string(extra(0)) || set.Notes != text || string(set.ExtraData) != string(extra(1)) {
		return errors.New("extra data or notes are not what they were")
	}
	return b.step("a longer text is refused", func() error {
		long := json.RawMessage(`{"a":"` + strings.Repeat("a", annoset.MaxTextBytes) + `"}`)
		_, err := b.Add(ctx, set.ID, annoset.Annotation{AudioFileID: "a", ArtifactType: "b", ExtraData: long})
		return refused(err)
	})
}

// refused returns an error unless err says that something is invalid.
func refused(err error) error {
	if errors.Is(err, annoset.ErrInvalid) {
		return nil
	}
	return errors.Join(errors.New("it was not refused as invalid"), err)
}

func longIDs(ctx context.Context, b *bench) error {
	long := func(i int) string { return fmt.Sprintf("%06d", i) + strings.Repeat("𝄞", 9994) } // 10,000 characters
	if err := b.life(ctx, 2000/b.scale, func(i int) annoset.Annotation {
		start := int64(i)
		return annoset.Annotation{AudioFileID: long(i % 400), ArtifactType: long(i % 7), StartMS: start, EndMS: start + 5}
	}); err != nil {
		return err
	}
	set, err := b.draft(ctx, long(0))
	if err != nil {
		return err
	}
	longest := strings.Repeat("x", annoset.MaxNameBytes)
	a := annoset.Annotation{AudioFileID: longest, ArtifactType: longest}
	if err := b.step("the longest id", func() error { _, err := b.Add(ctx, set.ID, a); return err }); err != nil {
		return err
	}
	if err := b.step("export", func() error {
		dir := b.path + ".export"
		return errors.Join(b.Export(ctx, set.ID, dir), os.RemoveAll(dir))
	}); err != nil {
		return err
	}
	a.AudioFileID += "x"
	return b.step("a longer one is refused", func() error { _, err := b.Add(ctx, set.ID, a); return refused(err) })
}

// codePoints returns texts that together have every code point, in order, or every scale-th of these texts. NUL is left
// out: no text may have it.
func codePoints(scale int) []string {
	const texts = 1000
	var all []string
	n := 0
	for point := rune(1); point <= 0x10ffff; {
		var text strings.Builder
		for range 0x110000 / texts {
			if point == 0xd800 {
				point = 0xe000 // surrogates are not characters
			}
			if point > 0x10ffff {
				break
			}
			text.WriteRune(point)
			point++
		}
		if n++; n%scale == 0 {
			all = append(all, text.String())
		}
	}
	return all
}

func unicodeEverywhere(ctx context.Context, b *bench) error {
	texts := codePoints(b.scale)
	var extra []json.RawMessage
	for _, text := range texts {
		data, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			return err
		}
		extra = append(extra, data)
	}
	if err := b.life(ctx, len(texts), func(i int) annoset.Annotation {
		return annoset.Annotation{
			AudioFileID: texts[i/2], ArtifactType: texts[len(texts)-1-i], StartMS: int64(i), EndMS: int64(i) + 3,
			ExtraData: extra[i],
		}
	}); err != nil {
		return err
	}
	return b.step("each comes back unchanged", func() error {
		d, err := b.CreateDataset(ctx, annoset.NewDataset{Name: texts[0], Description: strings.Join(texts, "")})
		if err != nil {
			return err
		}
		set, err := b.CreateSet(ctx, d.ID, annoset.NewSet{Notes: strings.Join(texts, "")})
		if err != nil {
			return err
		}
		if d.Description != strings.Join(texts, "") || set.Notes != d.Description {
			return errors.New("a text is not what it was")
		}
		labels := make([]annoset.Annotation, len(texts))
		for i, text := range texts {
			labels[i] = annoset.Annotation{AudioFileID: text, ArtifactType: text, ExtraData: extra[i]}
		}
		ids, err := b.Add(ctx, set.ID, labels...)
		if err != nil {
			return err
		}
		slices.SortFunc(texts, strings.Compare) // the order in which labels are read
		n := 0
		for a, err := range b.Annotations(ctx, set.ID, annoset.Filter{AudioFileIDs: texts, ArtifactTypes: texts}) {
			if err != nil {
				return err
			}
			var back map[string]string
			if err := json.Unmarshal(a.ExtraData, &back); err != nil {
				return err
			}
			if a.AudioFileID != texts[n] || a.ArtifactType != texts[n] || back[texts[n]] != texts[n] {
				return fmt.Errorf("label %d is not what it was", a.ID)
			}
			n++
		}
		dir := b.path + ".export"
		return errors.Join(same(n, len(ids)), b.Export(ctx, set.ID, dir), os.RemoveAll(dir))
	})
}
