package labelfile_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// eafScript checks what the schema EAFv3.0.xsd says of the order of elements and of the attributes that must be there.
const eafScript = `
import json, sys, xml.etree.ElementTree as ET
order = ["LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT", "CONTROLLED_VOCABULARY"]
required = {"ANNOTATION_DOCUMENT": "AUTHOR DATE VERSION", "MEDIA_DESCRIPTOR": "MEDIA_URL MIME_TYPE", "TIME_SLOT": "TIME_SLOT_ID",
    "TIER": "TIER_ID LINGUISTIC_TYPE_REF", "ALIGNABLE_ANNOTATION": "ANNOTATION_ID TIME_SLOT_REF1 TIME_SLOT_REF2",
    "REF_ANNOTATION": "ANNOTATION_ID ANNOTATION_REF", "LINGUISTIC_TYPE": "LINGUISTIC_TYPE_ID", "LOCALE": "LANGUAGE_CODE",
    "LANGUAGE": "LANG_ID", "CONSTRAINT": "STEREOTYPE", "CONTROLLED_VOCABULARY": "CV_ID", "CV_ENTRY_ML": "CVE_ID",
    "CVE_VALUE": "LANG_REF", "DESCRIPTION": "LANG_REF"}
refers = {"TIME_SLOT_REF1": "TIME_SLOT_ID", "TIME_SLOT_REF2": "TIME_SLOT_ID", "ANNOTATION_REF": "ANNOTATION_ID",
    "PREVIOUS_ANNOTATION": "ANNOTATION_ID", "PARENT_REF": "TIER_ID", "LINGUISTIC_TYPE_REF": "LINGUISTIC_TYPE_ID",
    "CONSTRAINTS": "STEREOTYPE", "LANG_REF": "LANG_ID", "DEFAULT_LOCALE": "LANGUAGE_CODE",
    "CONTROLLED_VOCABULARY_REF": "CV_ID", "CVE_REF": "CVE_ID"}
for path in sys.argv[1:]:
    root = ET.parse(path).getroot()
    at = [order.index(e.tag) for e in root]
    assert root.tag == "ANNOTATION_DOCUMENT" and at == sorted(at), at
    ids = [e.get(k) for e in root.iter() for k in ("TIME_SLOT_ID", "ANNOTATION_ID") if e.get(k)]
    assert len(ids) == len(set(ids))
    for e in root.iter():
        for name in required.get(e.tag, "").split():
            assert name in e.attrib, (e.tag, name)
        for name in e.attrib:
            if name in refers:
                assert any(o.get(refers[name]) == e.get(name) for o in root.iter()), (e.tag, name, e.get(name))
    slots = {e.get("TIME_SLOT_ID"): int(e.get("TIME_VALUE")) for e in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values())
    for e in root.iter("ALIGNABLE_ANNOTATION"):
        print(json.dumps([e.find("ANNOTATION_VALUE").text, slots[e.get("TIME_SLOT_REF1")], slots[e.get("TIME_SLOT_REF2")]]))
`

// TestEAF_pythonReadsWhatIsWritten checks with another XML reader that the document is as the schema says.
func TestEAF_pythonReadsWhatIsWritten(t *testing.T) {
	skipMany(t)
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on this machine")
	}
	is := is.New(t)
	labels := []annoset.Annotation{
		label("a \"<&>\t.wav", "plain", 0, 1000), label("a \"<&>\t.wav", " <&> ]]> \"'\t\n\r\u0085\u2028語🐦 ", 500, 900),
		label("a \"<&>\t.wav", "p", 700, 700), label("a \"<&>\t.wav", "p", 700, 700),
	}
	labels[0].ExtraData = json.RawMessage(`{"tier":"\"<&>\t\n' é","participant":"\n","language":"x","locale":"en","vocabulary":"v"}`)
	dir, paths := t.TempDir(), []string{}
	add := func(labels []annoset.Annotation) {
		out, _ := writeFormat(t, labelfile.EAF, labels, nil)
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.eaf", len(paths))))
		noErr(t, os.WriteFile(paths[len(paths)-1], out, 0o666))
	}
	add(labels)
	add(nil) // there is a tier, and a type for it
	for _, s := range tierSamples {
		if _, err := os.Stat(filepath.Join("..", "shared", "data")); s.format == labelfile.EAF && err == nil {
			add(readFormat(s.format, value(io.ReadAll(openSample(t, "formats/"+s.path)))(t), labelfile.ReadOptions{}).labels)
		}
	}
	said, err := exec.CommandContext(t.Context(), python, append([]string{"-c", eafScript}, paths...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	lines := strings.Split(string(said), "\n")
	for i := range labels {
		var got []any
		noErr(t, json.Unmarshal([]byte(lines[i]), &got))
		is.True(slices.ContainsFunc(labels, func(a annoset.Annotation) bool {
			return got[0] == a.ArtifactType && got[1] == float64(a.StartMS) && got[2] == float64(a.EndMS)
		})) // each is what was written
	}
}

func FuzzRead_EAF(f *testing.F) {
	words := eafTier("words", "top", "", aligned("a1", 1, 3, "one"), aligned("a2", 4, 5, "two"))
	fuzzReader(f, labelfile.EAF,
		eaf(`<MEDIA_DESCRIPTOR MEDIA_URL="file:///x/a.wav" MIME_TYPE="audio/x-wav"/>`, slots(0, 400, 1000, 1000, 3000), words+
			eafTier("parts", "Symbolic_Subdivision", "words", referring("b1", "a1", "", "o"), referring("b2", "a1", "b1", "ne"))+
			eafTier("notes", "Symbolic_Association", "words", referring("c1", "a2", "", "note"))),
		eaf("", slots(0, -1, 1000, 1000, 3000), words+
			eafTier("halves", "Time_Subdivision", "words", aligned("d1", 1, 2, "first"), aligned("d2", 2, 3, "second"))+
			eafTier("inner", "Included_In", "words", aligned("e1", 1, 2, "inner"))),
		eaf(`<PROPERTY NAME="annoset:further_tier_of:b">default</PROPERTY><PROPERTY NAME="annoset:audio_file_id">"a"</PROPERTY>`,
			slots(0, 5, 5), eafTier("default", "default-lt", "", aligned("annoset1", 1, 2, "x"))+eafTier("b", "default-lt", "", aligned("a", 1, 3, "x"))))
}

func BenchmarkRead_EAF(b *testing.B) {
	out, _ := writeFormat(b, labelfile.EAF, manyTiers(20_000), nil)
	b.Run("annoset", func(b *testing.B) {
		b.SetBytes(int64(len(out)))
		b.ReportAllocs()
		for b.Loop() {
			if r := readFormat(labelfile.EAF, out, labelfile.ReadOptions{}); len(r.labels) != 20_000 {
				b.Fatal(len(r.labels), r.err)
			}
		}
	})
	b.Run("encoding/xml alone", func(b *testing.B) {
		b.SetBytes(int64(len(out)))
		for b.Loop() {
			d := xml.NewDecoder(strings.NewReader(string(out)))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
