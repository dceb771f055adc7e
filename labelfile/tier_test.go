package labelfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

var tierFormats = []labelfile.Format{labelfile.TextGrid, labelfile.EAF}

// tierSamples are real files with what they hold: annotations that an XML parser counts, intervals that Praat counts.
var tierSamples = []struct {
	path   string
	format labelfile.Format
	labels int
	ms     int64 // the duration; 0: it is not said
}{
	{"textgrid/kylebgorman/long_format.TextGrid", labelfile.TextGrid, 152, 0}, // from 1358 s on
	{"textgrid/kylebgorman/short_format.TextGrid", labelfile.TextGrid, 152, 0},
	{"textgrid/praatio/all_tiers_have_the_same_name.TextGrid", labelfile.TextGrid, 3, 1000},
	{"textgrid/praatio/bobby_phones_elan.TextGrid", labelfile.TextGrid, 13, 1195},
	{"textgrid/praatio/bobby_words_with_newlines.TextGrid", labelfile.TextGrid, 9, 1195},
	{"textgrid/praatio/bobby_words_with_newlines_longfile.TextGrid", labelfile.TextGrid, 9, 1195},
	{"textgrid/praatio/bobby_words_with_newlines_longfile_elan.TextGrid", labelfile.TextGrid, 9, 1195},
	{"textgrid/praatio/mary.TextGrid", labelfile.TextGrid, 22, 1870},
	{"textgrid/praatio/mary_longfile.TextGrid", labelfile.TextGrid, 22, 1870},
	{"textgrid/praatio/mary_longfile_with_negative_zero.TextGrid", labelfile.TextGrid, 22, 1870},
	{"textgrid/praatio/mary_with_constrained_tier_times.TextGrid", labelfile.TextGrid, 22, 1870},
	{"textgrid/praatio/mary_with_negative_zero.TextGrid", labelfile.TextGrid, 22, 1870},
	{"textgrid/praatio/textgrid_to_merge.TextGrid", labelfile.TextGrid, 11, 10000},
	{"textgrid/praatio/textgrid_to_merge_longfile.TextGrid", labelfile.TextGrid, 11, 10000},
	{"eaf/speach/fables_01_03_aesop_64kb.eaf", labelfile.EAF, 97, 0},
	{"eaf/speach/test.eaf", labelfile.EAF, 43, 0},
	{"eaf/speach/test2.eaf", labelfile.EAF, 43, 0},
}

func TestTierFormats_samples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, s := range tierSamples {
		t.Run(path.Base(s.path), func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "formats/"+s.path)))(t)
			head := data[:min(len(data), labelfile.DetectBytes)]
			is.Equal(value(labelfile.Detect("", head))(t), s.format)     // by its contents alone
			is.Equal(value(labelfile.Detect(s.path, head))(t), s.format) // and with its name
			r := readFormat(s.format, data, labelfile.ReadOptions{Name: s.path})
			is.NoErr(r.err)
			is.Equal(len(r.labels), s.labels)
			is.Equal(s.ms == 0, len(r.audio) == 0)
			if s.ms != 0 {
				is.Equal(r.audio[0].DurationMS, s.ms)
			}
			packed := readFormat(s.format, gzipped(t, data), labelfile.ReadOptions{Name: s.path})
			is.NoErr(packed.err)
			sameLabels(t, packed.labels, r.labels) // packed or not
			readsTiersAgain(t, s.format, data)
			kept := readFormat(s.format, data, labelfile.ReadOptions{Name: s.path, KeepTimes: true})
			is.NoErr(kept.err)
			out, report := writeFormat(t, s.format, kept.labels, nil)
			is.Equal(len(report.Remarks), 0) // nothing is lost
			again := readFormat(s.format, out, labelfile.ReadOptions{Name: s.path, KeepTimes: true})
			is.NoErr(again.err)
			sameLabels(t, again.labels, kept.labels) // all digits are there again
		})
	}
}

// readsTiersAgain checks that what is read can be written, and reads back as the same labels; and that they come back to
// the same bytes from then on, extra data included.
func readsTiersAgain(t testing.TB, format labelfile.Format, data []byte) {
	t.Helper()
	opts := labelfile.ReadOptions{Name: "again", BlankType: "blank", MaxBad: 1 << 20}
	first := readFormat(format, data, opts)
	for _, a := range first.labels {
		if len(a.ArtifactType) > annoset.MaxNameBytes || len(a.AudioFileID) > annoset.MaxNameBytes {
			return // no store takes it
		}
	}
	if first.err != nil {
		return
	}
	opts.BlankType = "" // what was blank has a text by now, and gaps are gaps
	once, report := writeFormat(t, format, first.labels, nil)
	second := readFormat(format, once, opts)
	if second.err != nil {
		t.Fatalf("what was written cannot be read: %v\n%s", second.err, once)
	}
	if len(report.Remarks) == 0 {
		sameLabels(t, second.labels, first.labels)
	} else {
		sameLabels(t, withoutExtra(second.labels), withoutExtra(first.labels))
	}
	twice, report := writeFormat(t, format, second.labels, nil)
	if !bytes.Equal(once, twice) || len(report.Remarks) > 0 {
		t.Fatalf("written twice it is not the same, %v:\n%s\n%s", report.Remarks, once, twice)
	}
	third := readFormat(format, twice, opts)
	sameLabels(t, third.labels, second.labels)
}

func withoutExtra(labels []annoset.Annotation) []annoset.Annotation {
	out := slices.Clone(labels)
	for i := range out {
		out[i].ExtraData = nil
	}
	return out
}

// TestTierFormats_anyLabels writes labels with every text, span and tier that a format can hold.
func TestTierFormats_anyLabels(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, format := range tierFormats {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			for seed := range uint64(300) {
				labels := nastyTiers(t, rand.New(rand.NewPCG(seed, 5)), format)
				id := labels[0].AudioFileID
				out, report := writeFormat(t, format, labels, nil)
				if len(report.Remarks) > 0 || report.Labels != int64(len(labels)) {
					t.Fatalf("seed %d: lost %v", seed, report.Remarks)
				}
				back := readFormat(format, out, tierOptions(format, id))
				is.NoErr(back.err)
				sameLabels(t, back.labels, labels) // all of them, and nothing else
				again, _ := writeFormat(t, format, back.labels, nil)
				is.True(bytes.Equal(again, out)) // in the same bytes
			}
		})
	}
}

// tierOptions name the audio file, where the format does not.
func tierOptions(format labelfile.Format, id string) labelfile.ReadOptions {
	if format == labelfile.EAF {
		return labelfile.ReadOptions{}
	}
	return labelfile.ReadOptions{AudioFileID: func(string) string { return id }}
}

// nastyTiers makes labels with overlaps, duplicates, points and difficult texts.
func nastyTiers(t testing.TB, r *rand.Rand, format labelfile.Format) []annoset.Annotation {
	alphabet := []rune("ab \t\n\"'<>&!#%{}[]()=\\/;,.-+0\u00a0\u0085\u2028\u3000\ufeff\u200d\ufffdéə語🐦")
	if format == labelfile.EAF {
		alphabet = append(alphabet, '\r')
	} else {
		alphabet = append(alphabet, '\u0001', '\v', '\u007f', '\ufffe')
	}
	text := func() string {
		s := make([]rune, 1+r.IntN(6))
		for i := range s {
			s[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(s)
	}
	tiers := [][]byte{nil, tierOf(t, map[string]string{"tier": text()}), tierOf(t, map[string]string{"tier": text()})}
	if format == labelfile.EAF {
		tiers = append(tiers, tierOf(t, map[string]string{
			"tier": text() + "x", "participant": text(), "annotator": text(), "linguistic_type": text(), "language": "en", "locale": text(),
		}))
	} else {
		tiers = append(tiers, tierOf(t, map[string]string{"tier": ""}))
	}
	id := text() + ".wav"
	labels := make([]annoset.Annotation, 1+r.IntN(30))
	for i := range labels {
		a := label(id, text(), int64(r.IntN(50)), 0)
		a.EndMS = a.StartMS + int64(r.IntN(20))
		a.ExtraData = tiers[r.IntN(len(tiers))]
		if i > 0 && r.IntN(5) == 0 {
			a = labels[r.IntN(i)] // twice
		}
		labels[i] = a
	}
	return labels
}

func tierOf(t testing.TB, fields map[string]string) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, name := range []string{"tier", "participant", "annotator", "linguistic_type", "language", "locale"} {
		v, ok := fields[name]
		if !ok {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", name)
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		noErr(t, e.Encode(v))
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func TestTierFormats_realLabels(t *testing.T) {
	skipMany(t)
	t.Parallel()
	var desed []annoset.Annotation
	for _, f := range rowsOf(t, openSample(t, "desed/validation.tsv"), func(line string) []string { return strings.Split(line, "\t") })[1:] {
		if f[3] != "" {
			desed = append(desed, label(f[0], f[3], millis(t, f[1]), millis(t, f[2])))
		}
	}
	eaf := value(io.ReadAll(openSample(t, "formats/eaf/speach/test.eaf")))(t)
	for name, labels := range map[string][]annoset.Annotation{
		"VoxConverse": rttm(t, "voxconverse/test-0.3.rttm"),
		"DESED":       desed,
		"EAF":         withoutExtra(readFormat(labelfile.EAF, eaf, labelfile.ReadOptions{}).labels),
	} {
		for _, format := range tierFormats {
			t.Run(fmt.Sprintf("%s through %s", name, format), func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				byFile := map[string][]annoset.Annotation{}
				for _, a := range labels {
					byFile[a.AudioFileID] = append(byFile[a.AudioFileID], a)
				}
				for id, want := range byFile {
					out, report := writeFormat(t, format, want, nil)
					is.Equal(len(report.Remarks), 0)
					back := readFormat(format, out, tierOptions(format, id))
					is.NoErr(back.err)
					sameLabels(t, back.labels, want)
				}
			})
		}
	}
}

func TestTierFormats_saysWhatIsLost(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, format := range tierFormats {
		t.Run(string(format), func(t *testing.T) {
			is := is.New(t)
			sure := label("ep1.wav", "a", 0, 100)
			sure.Confidence = new(0.5)
			more := label("ep1.wav", "b", 200, 300)
			more.ExtraData = json.RawMessage(`{"tier":"words","by":"anna","tier_index":5000}`)
			odd := label("ep1.wav", "c", 400, 500)
			odd.ExtraData = json.RawMessage(`{"tier":7}`)
			plain := label("ep1.wav", "d", 600, 700)
			plain.ExtraData = json.RawMessage(`{"tier":"default"}`) // where it goes without saying
			opts := &labelfile.WriteOptions{Clean: []string{"ep1.wav"}}
			out, report := writeFormat(t, format, []annoset.Annotation{sure, more, odd, plain}, opts)
			is.Equal(report.Labels, int64(4))
			is.Equal(remarked(report.Remarks, labelfile.RemarkConfidenceLost), int64(1))
			is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(3))
			is.Equal(remarked(report.Remarks, labelfile.RemarkCleanLost), int64(1))
			want := withoutExtra([]annoset.Annotation{sure, more, odd, plain})
			want[0].Confidence = nil
			want[1].ExtraData = json.RawMessage(`{"tier":"words"}`)
			sameLabels(t, readFormat(format, out, tierOptions(format, "ep1.wav")).labels, want)
		})
	}
}

func TestTierFormats_holdOneAudioFile(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, format := range tierFormats {
		is := is.New(t)
		_, err := labelfile.Write(io.Discard, format, pairs(
			label("ep1.wav", "a", 0, 1), label("ep2.wav", "a", 0, 1)), nil)
		is.True(err != nil) // the second audio file has no place
		out, report := writeFormat(t, format, nil, nil)
		is.Equal(report.Labels, int64(0))
		r := readFormat(format, out, labelfile.ReadOptions{Name: "empty"})
		is.NoErr(r.err)
		is.Equal(len(r.labels), 0) // a file without labels is one too
		is.Equal(len(r.report.Remarks), 0)
	}
}

// manyTiers makes the labels of a long file.
func manyTiers(n int) []annoset.Annotation {
	labels := make([]annoset.Annotation, 0, n)
	for i := range n {
		a := label("ep1.wav", "the word "+fmt.Sprint(i%1000), int64(i/2*500), int64(i/2*500+400))
		a.ExtraData = json.RawMessage([...]string{`{"tier":"words"}`, `{"tier":"speaker"}`}[i%2])
		labels = append(labels, a)
	}
	return labels
}
