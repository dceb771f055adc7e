package labelfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// TestWrite_remarksNameTheLabel finds out of each remark which label of which audio file it is about.
func TestWrite_remarksNameTheLabel(t *testing.T) {
	t.Parallel()
	half := 0.5
	labels := []annoset.Annotation{
		{AudioFileID: "my file.wav", ArtifactType: "plain", StartMS: 0, EndMS: 500},
		{AudioFileID: "my file.wav", ArtifactType: "door\tslam\x01\r\n", StartMS: 1500, EndMS: 2250, Confidence: &half,
			ExtraData: []byte(`{"by":{"ann":[1]},"alternation":7}`)},
		{AudioFileID: "my file.wav", ArtifactType: "plain", StartMS: 3000, EndMS: 3500},
	}
	for _, f := range labelfile.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			_, report := writeFormat(t, f, labels, &labelfile.WriteOptions{Clean: []string{"silent file.wav"}})
			for _, r := range report.Remarks {
				for _, at := range r.First {
					switch at.File {
					case "silent file.wav":
					case "my file.wav":
						if r.Kind != "audio file id changed" && r.Kind != labelfile.RemarkTypeChanged { // also of plain ones
							is.True(strings.Contains(at.Text, "door")) // the label
							is.True(strings.Contains(at.Text, "1.5-2.25"))
						}
					default:
						t.Errorf("%s at %+v names no audio file", r.Kind, at)
					}
					is.True(len(at.Text) < 150)
				}
			}
		})
	}
}

// TestWrite_namesComeBackOrAreRemarked writes names that formats cannot hold.
func TestWrite_namesComeBackOrAreRemarked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"my file.wav", "ä b.wav", "=cmd", "a\tb", "a\nb", ";;a", "\ufeffa", "http://x.org/a b.wav?c#d", "file:///x/y.wav",
		"/data/upload/1/01234567-a.wav", "/data/local-files/?d=x/y.wav", "s3://bucket/x/y.wav", `C:\x\y.wav`, "x/y.wav",
		"a\x01b", "<NA>", `"quoted"`, " a", "a ", " ", "#NAME?", "NA", "a%2Fb.wav",
	} {
		for _, f := range labelfile.Formats() {
			is := is.New(t)
			l := []annoset.Annotation{label(name, "hum", 1000, 2000)}
			table := labelfile.TableOptions{}
			if f == labelfile.TSV {
				table.LiteralQuotes = true
			}
			out, report := writeFormat(t, f, l, &labelfile.WriteOptions{SafeFormulas: true, Table: table})
			r := readFormat(f, out, labelfile.ReadOptions{Name: name + ".x", Table: table})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 1)
			changed := r.labels[0].AudioFileID != name
			told := remarked(report.Remarks, "audio file id changed") + remarked(report.Remarks, labelfile.RemarkFormulaEscaped)
			if namesNone := bytes.Contains([]byte("audacity simple-seq textgrid webvtt srt"), []byte(f)); changed && told == 0 && !namesNone {
				t.Errorf("%s: %q becomes %q without a remark", f, name, r.labels[0].AudioFileID)
			}
			is.Equal(remarked(report.Remarks, labelfile.RemarkTypeChanged), remarkedType(f)) // the type is as it was
		}
	}
}

func remarkedType(f labelfile.Format) int64 {
	if f == labelfile.UEM {
		return 1
	}
	return 0
}

func TestExport_severalFilesToAFormatOfOne(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openMemory(t)
	draft := newDraft(t, s, "set")
	_, err := s.Add(t.Context(), draft.ID, label("a", "x", 0, 1), label("b", "x", 0, 1))
	is.NoErr(err)
	for _, f := range []labelfile.Format{labelfile.Audacity, labelfile.TextGrid, labelfile.EAF, labelfile.WebVTT,
		labelfile.SRT, labelfile.JAMS, labelfile.SimpleSeq} {
		_, err = labelfile.Export(t.Context(), s, draft.ID, &bytes.Buffer{}, f, nil)
		is.True(err != nil)
		is.True(strings.Contains(err.Error(), "ExportDir")) // it says what to do
	}
}
