package labelfile_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// eaf makes an annotation document. The types are of each constraint, and named after it.
func eaf(header, slots, tiers string) string {
	types := `<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="top" TIME_ALIGNABLE="true"/>`
	for _, c := range []string{"Time_Subdivision", "Included_In", "Symbolic_Subdivision", "Symbolic_Association"} {
		types += fmt.Sprintf(`<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="%s" CONSTRAINTS="%[1]s"/>`, c)
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2021-04-23T17:53:41+08:00" FORMAT="3.0" VERSION="3.0">
<HEADER TIME_UNITS="milliseconds">` + header + `</HEADER>
<TIME_ORDER>` + slots + `</TIME_ORDER>
` + tiers + types + `</ANNOTATION_DOCUMENT>`
}

// slots makes time slots ts1, ts2…; one below 0 has no time.
func slots(times ...int) string {
	var b strings.Builder
	for i, ms := range times {
		fmt.Fprintf(&b, `<TIME_SLOT TIME_SLOT_ID="ts%d"`, i+1)
		if ms >= 0 {
			fmt.Fprintf(&b, ` TIME_VALUE="%d"`, ms)
		}
		b.WriteString("/>")
	}
	return b.String()
}

func aligned(id string, from, to int, text string) string {
	return fmt.Sprintf("<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=%q TIME_SLOT_REF1=\"ts%d\" TIME_SLOT_REF2=\"ts%d\">"+
		"<ANNOTATION_VALUE>%s</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>", id, from, to, text)
}

func referring(id, ref, previous, text string) string {
	if previous != "" {
		previous = fmt.Sprintf(" PREVIOUS_ANNOTATION=%q", previous)
	}
	return fmt.Sprintf("<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=%q ANNOTATION_REF=%q%s>"+
		"<ANNOTATION_VALUE>%s</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>", id, ref, previous, text)
}

func eafTier(id, lingType, parent string, annotations ...string) string {
	if parent != "" {
		parent = fmt.Sprintf(" PARENT_REF=%q", parent)
	}
	return fmt.Sprintf("<TIER TIER_ID=%q LINGUISTIC_TYPE_REF=%q%s>%s</TIER>\n", id, lingType, parent, strings.Join(annotations, ""))
}

// spans are the labels of a document in short: "text 0-10".
func spans(labels []annoset.Annotation) []string {
	out := []string{}
	for _, a := range labels {
		out = append(out, fmt.Sprintf("%s %d-%d", a.ArtifactType, a.StartMS, a.EndMS))
	}
	return out
}

// TestRead_EAF compares a real file with the table that its own library made of it.
func TestRead_EAF(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	table := csv.NewReader(openSample(t, "formats/eaf/speach/test.eaf.tsv"))
	table.Comma = '\t'
	rows := value(table.ReadAll())(t)
	is.Equal(len(rows), 43)
	r := readFormat(labelfile.EAF, value(io.ReadAll(openSample(t, "formats/eaf/speach/test.eaf")))(t), labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 43)
	for i, row := range rows { // tier, participant, from, to, duration, text
		var extra struct{ Tier, Participant string }
		noErr(t, json.Unmarshal(r.labels[i].ExtraData, &extra))
		is.Equal([]string{extra.Tier, extra.Participant, r.labels[i].ArtifactType}, []string{row[0], row[1], row[5]})
		is.Equal(r.labels[i].StartMS, millis(t, row[2]))
		is.Equal(r.labels[i].EndMS, millis(t, row[3]))
		is.Equal(r.labels[i].AudioFileID, "test.wav") // not the folder of somebody's disk
	}
	last := r.labels[len(r.labels)-1]
	is.Equal(string(last.ExtraData), `{"tier":"Person1 (Language)","participant":"P001","annotator":"tuananh",`+
		`"linguistic_type":"UtteranceLanguage","constraint":"Symbolic_Association","parent_tier":"Person1 (Utterance)",`+
		`"vocabulary":"Languages","annotation_id":"a57","parent_annotation":"a8"}`)
}

// TestEAF_times finds the times that a file does not say, as ELAN does.
func TestEAF_times(t *testing.T) {
	skipMany(t)
	t.Parallel()
	top := eafTier("top", "top", "", aligned("a1", 1, 2, "parent"))
	for name, tt := range map[string]struct {
		slots string
		tiers string
		want  []string
	}{
		"an association has the span of its parent, and so on": {slots(100, 1100),
			top + eafTier("b", "Symbolic_Association", "top", referring("b1", "a1", "", "b")) +
				eafTier("c", "Symbolic_Association", "b", referring("c1", "b1", "", "c")),
			[]string{"parent 100-1100", "b 100-1100", "c 100-1100"}},
		"all that are associated with one have its span": {slots(100, 1100),
			top + eafTier("b", "Symbolic_Association", "top", referring("b1", "a1", "", "b"), referring("b2", "a1", "", "c")),
			[]string{"parent 100-1100", "b 100-1100", "c 100-1100"}},
		"a parent may stand further down": {slots(100, 1100),
			eafTier("b", "Symbolic_Association", "top", referring("b1", "a1", "", "b")) + top,
			[]string{"b 100-1100", "parent 100-1100"}},
		"a subdivision has equal shares, in the order of the chain, cut": {slots(100, 1100),
			top + eafTier("b", "Symbolic_Subdivision", "top", referring("b2", "a1", "b1", "second"), referring("b1", "a1", "", "first"),
				referring("b3", "a1", "b2", "third")),
			[]string{"parent 100-1100", "second 433-766", "first 100-433", "third 766-1100"}},
		"shares of shares": {slots(0, 1200),
			top + eafTier("b", "Symbolic_Subdivision", "top", referring("b1", "a1", "", "1"), referring("b2", "a1", "b1", "2")) +
				eafTier("c", "Symbolic_Subdivision", "b", referring("c1", "b2", "", "2.1"), referring("c2", "b2", "c1", "2.2")),
			[]string{"parent 0-1200", "1 0-600", "2 600-1200", "2.1 600-900", "2.2 900-1200"}},
		"a tier above all takes the time order": {slots(100, -1, -1, 1000, -1, 1200),
			eafTier("top", "top", "", aligned("a1", 1, 2, "a"), aligned("a2", 3, 4, "b"), aligned("a3", 5, 6, "c")),
			[]string{"a 100-400", "b 700-1000", "c 1100-1200"}},
		"before the first time there is 0": {slots(-1, 1000),
			eafTier("top", "top", "", aligned("a1", 1, 2, "a")), []string{"a 500-1000"}},
		// The slots of the two tiers stand between each other, and those of the other one do not count.
		"a tier below takes its own chain": {slots(0, -1, -1, 600, -1, 1000),
			eafTier("top", "top", "", aligned("a1", 1, 6, "parent")) +
				eafTier("b", "Time_Subdivision", "top", aligned("b1", 1, 2, "1"), aligned("b2", 2, 3, "2"), aligned("b3", 3, 5, "3"), aligned("b4", 5, 6, "4")),
			[]string{"parent 0-1000", "1 0-250", "2 250-500", "3 500-750", "4 750-1000"}},
		"a chain ends where the tier above does": {slots(0, -1, -1, 900),
			eafTier("top", "top", "", aligned("a1", 1, 3, "x"), aligned("a2", 3, 4, "y")) +
				eafTier("b", "Time_Subdivision", "top", aligned("b1", 1, 2, "x1"), aligned("b2", 2, 3, "x2")),
			[]string{"x 0-600", "y 600-900", "x1 0-300", "x2 300-600"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			text := []byte(eaf("", tt.slots, tt.tiers))
			r := readFormat(labelfile.EAF, text, labelfile.ReadOptions{Name: "ep1.eaf"})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), tt.want)
			is.Equal(r.labels[0].AudioFileID, "ep1") // no medium is linked
			readsTiersAgain(t, labelfile.EAF, text)
		})
	}
}

func TestEAF_units(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	text := eaf("", slots(10, 25), eafTier("top", "top", "", aligned("a1", 1, 2, "a")))
	read := func(unit string) []string {
		r := readFormat(labelfile.EAF, []byte(strings.Replace(text, "milliseconds", unit, 1)), labelfile.ReadOptions{Name: "ep1"})
		is.NoErr(r.err)
		return spans(r.labels)
	}
	is.Equal(read("milliseconds"), []string{"a 10-25"})
	is.Equal(read("PAL-frames"), []string{"a 400-1000"})
	is.Equal(read("NTSC-frames"), []string{"a 334-834"}) // 333.666…, 834.166…
}

func TestEAF_media(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	read := func(header string) string {
		text := eaf(header, slots(0, 1), eafTier("top", "top", "", aligned("a1", 1, 2, "a")))
		r := readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "name.eaf"})
		is.NoErr(r.err)
		return r.labels[0].AudioFileID
	}
	video := `<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/My films/a.mp4" MIME_TYPE="video/mp4"/>`
	is.Equal(read(""), "name")
	is.Equal(read(video), "a.mp4")
	audio := `<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/My films/a.wav" MIME_TYPE="audio/x-wav"/>`
	is.Equal(read(video+audio+strings.Replace(audio, "a.wav", "b.wav", 1)), "a.wav") // the first that is audio
	is.Equal(read(`<MEDIA_DESCRIPTOR MEDIA_URL="" MIME_TYPE="audio/x-wav" RELATIVE_MEDIA_URL="x/a.wav"/>`), "x/a.wav")
	is.Equal(read(`<MEDIA_DESCRIPTOR MEDIA_URL="file:///calls/at 12:30.wav"/>`), "at 12:30.wav") // no drive
	is.Equal(read(`<MEDIA_DESCRIPTOR MEDIA_URL="file:C:a.wav"/>`), "a.wav")
	is.Equal(read(`<MEDIA_DESCRIPTOR MEDIA_URL="file:take #2 50%.wav"/>`), "take #2 50%.wav")
	is.Equal(read(`<MEDIA_DESCRIPTOR MEDIA_URL="https://example.com/a.wav" MIME_TYPE="audio/x-wav"/>`), "https://example.com/a.wav")
	for _, id := range []string{"ep1.wav", "shows/ep1", "file:///data/ep1.wav", `C:\ep1.wav`, "a\x01b \"<&>\t\n.wav", "語 🐦", `"`} {
		out, _ := writeFormat(t, labelfile.EAF, []annoset.Annotation{label(id, "a", 0, 1)}, nil)
		r := readFormat(labelfile.EAF, out, labelfile.ReadOptions{Name: "other"})
		is.NoErr(r.err)
		is.Equal(r.labels[0].AudioFileID, id) // every id comes back
	}
}

func TestRead_EAF_fields(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := eaf(`<LINKED_FILE_DESCRIPTOR LINK_URL="x"/>`, slots(0, 10, 20), eafTier("top", "top", "",
		strings.Replace(aligned("a1", 1, 2, "a"), " TIME_SLOT_REF1", ` CVE_REF="c1" LANG_REF="deu" EXT_REF="e1" TIME_SLOT_REF1`, 1),
		aligned("a2", 2, 3, ""))+eafTier("none", "top", ""))
	r := readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "ep1", ArtifactType: "{class} {cve_ref} {text}"})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"ALIGNABLE_ANNOTATION c1 a 0-10", "ALIGNABLE_ANNOTATION   10-20"})
	is.Equal(string(r.labels[0].ExtraData), `{"tier":"top","linguistic_type":"top","annotation_id":"a1","lang_ref":"deu","ext_ref":"e1"}`)
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), int64(2)) // the linked file, the empty tier
	r = readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "ep1"})
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkBlankSkipped), int64(1)) // not transcribed yet
	_, report := writeFormat(t, labelfile.EAF, r.labels, nil)
	is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1)) // references to what is not written
}

func TestRead_EAF_encodings(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := eaf("", slots(0, 10), eafTier("top", "top", "", aligned("a1", 1, 2, "<![CDATA[hé]]> &amp;<!-- no -->\r\nx ")))
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + strings.Replace(text, "UTF-8", "UTF-16", 1))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for _, data := range [][]byte{[]byte(text), []byte("\ufeff" + text), wide} {
		is.Equal(value(labelfile.Detect("", data))(t), labelfile.EAF)
		r := readFormat(labelfile.EAF, data, labelfile.ReadOptions{Name: "ep1"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"hé &\nx  0-10"})
	}
}

func TestRead_EAF_refuses(t *testing.T) {
	t.Parallel()
	tier := eafTier("top", "top", "", aligned("a1", 1, 2, "a"))
	good := eaf("", slots(0, 10), tier)
	for name, tt := range map[string]struct{ text, at, found string }{
		"nothing":                 {"", "", "the end of the file"},
		"another document":        {"<jams></jams>", "<jams>", `the element "jams"`},
		"two documents":           {"<ANNOTATION_DOCUMENT/>\n<ANNOTATION_DOCUMENT />", "<ANNOTATION_DOCUMENT />", "ANNOTATION_DOCUMENT"},
		"no end":                  {good[:strings.Index(good, "</TIER>")], "", "unexpected EOF"},
		"no XML":                  {"<ANNOTATION_DOCUMENT>\n<A b></A>", "</A>", "attribute name without = in element"},
		"an entity":               {strings.Replace(good, ">a<", ">&lol;<", 1), "</ANNOTATION_VALUE>", "invalid character entity"},
		"entities":                {"<!DOCTYPE x [\n<!ENTITY a \"&a;&a;\">]>" + good, "<!DOCTYPE", "DOCTYPE"},
		"no UTF-8":                {strings.Replace(good, ">a<", ">\xff<", 1), "\ufffd</ANNOTATION_VALUE>", "bytes that are not UTF-8"},
		"another encoding":        {strings.Replace(good, "UTF-8", "klingon", 1), "\n<ANNOTATION_DOCUMENT", `the encoding "klingon"`},
		"nesting":                 {"<ANNOTATION_DOCUMENT>" + strings.Repeat("<A>", 1e5), "<A>", "nested deeper"},
		"another unit":            {strings.Replace(good, "milliseconds", "fortnights", 1), `<?xml`, "fortnights"},
		"a slot twice":            {strings.Replace(good, `_ID="ts2"`, `_ID="ts1"`, 1), `<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="10"`, `the time slot "ts1" again`},
		"a tier twice":            {eaf("", slots(0, 10), tier+tier), "<TIER", `the tier "top" again`},
		"no time":                 {strings.Replace(good, `VALUE="10"`, `VALUE="1e1"`, 1), `<TIME_SLOT TIME_SLOT_ID="ts2"`, `"1e1"`},
		"a huge time":             {strings.Replace(good, `VALUE="10"`, `VALUE="10000000000000000"`, 1), `<TIME_SLOT TIME_SLOT_ID="ts2"`, "10000000000000000"},
		"a late time":             {strings.Replace(good, `VALUE="10"`, `VALUE="100000000000000"`, 1), "<ALIGNABLE_ANNOTATION", "an end that is out of range"},
		"an end before a start":   {eaf("", slots(20, 10), tier), "<ALIGNABLE_ANNOTATION", "before the start"},
		"no such slot":            {eaf("", slots(20), tier), "<ALIGNABLE_ANNOTATION", `the time slot "ts2", which is not there`},
		"no time after it":        {eaf("", slots(20, -1), tier), "<ALIGNABLE_ANNOTATION", `the time slot "ts2" without a time`},
		"an annotation twice":     {eaf("", slots(0, 10), tier+eafTier("é", "top", "", aligned("a1", 1, 2, "b"))), "<ALIGNABLE_ANNOTATION", `the annotation "a1" again`},
		"no such annotation":      {eaf("", slots(0, 10), eafTier("b", "top", "", referring("b1", "a7", "", "b"))), "<REF_ANNOTATION", `the annotation "a7", which is not there`},
		"one that has no times":   {eaf("", slots(20), eafTier("b", "top", "", referring("b1", "a1", "", "b"))+tier), "<REF_ANNOTATION", `the annotation "a1", which has no times`},
		"annotations in a circle": {eaf("", slots(), eafTier("b", "top", "", referring("b1", "b2", "", "x"), referring("b2", "b1", "", "y"))), "<REF_ANNOTATION", "without end"},
		"an element in a text":    {strings.Replace(good, ">a<", ">a<b>c</b><", 1), "<b>", `the element "b"`},
		"an annotation outside":   {eaf("", slots(0, 10), aligned("a1", 1, 2, "a")), "<ALIGNABLE_ANNOTATION", "outside"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.EAF, []byte(tt.text), labelfile.ReadOptions{Name: "ep1"})
			e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
			is.True(ok)
			lines := strings.SplitAfter(tt.text, "\n")
			there := string([]rune(lines[e.Line-1])[e.Column-1:]) + strings.Join(lines[e.Line:], "")
			if !strings.Contains(e.Found, tt.found) || !strings.HasPrefix(there, tt.at) || tt.at == "" && there != "" {
				t.Fatalf("%v, which is %q", e, there)
			}
		})
	}
}

// TestEAF_hostile ends soon, however the annotations refer to each other.
func TestEAF_hostile(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	const n = 20_000
	var circles, chain, unaligned, fan []string
	times := []int{0}
	for i := range n {
		circles = append(circles, referring(fmt.Sprint("a", i), fmt.Sprint("a", i^1), "", "x"))
		chain = append(chain, referring(fmt.Sprint("a", i), fmt.Sprint("a", i+1), "", "x"))
		unaligned = append(unaligned, aligned(fmt.Sprint("a", i), i+1, i+2, "x"))
		fan = append(fan, aligned(fmt.Sprint("f", i), 1, i+2, "x"))
		times = append(times, -1)
	}
	for _, tiers := range []string{
		eafTier("t", "Symbolic_Association", "", circles...),
		eafTier("t", "Symbolic_Association", "", chain...),
		eafTier("t", "Time_Subdivision", "u", unaligned...) + eafTier("u", "Time_Subdivision", "t", fan...),
	} {
		r := readFormat(labelfile.EAF, []byte(eaf("", slots(times...), tiers)), labelfile.ReadOptions{Name: "ep1", MaxBad: 3 * n})
		is.NoErr(r.err)
		is.Equal(len(r.labels), 0)
	}
}

// TestEAF_tree puts tiers below each other again, unless the labels no longer lie so.
func TestEAF_tree(t *testing.T) {
	skipMany(t)
	t.Parallel()
	text := eaf("", slots(0, 400, 1000, 1000, 3000),
		eafTier("words", "top", "", aligned("a1", 1, 3, "one"), aligned("a2", 4, 5, "two"))+
			eafTier("parts", "Symbolic_Subdivision", "words", referring("b1", "a1", "", "o"), referring("b2", "a1", "b1", "ne"))+
			eafTier("notes", "Symbolic_Association", "words", referring("c1", "a2", "", "note"))+
			eafTier("halves", "Time_Subdivision", "words", aligned("d1", 1, 2, "first"), aligned("d2", 2, 3, "second"))+
			eafTier("inner", "Included_In", "words", aligned("e1", 1, 2, "inner")))
	r := readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "ep1"})
	if r.err != nil {
		t.Fatal(r.err)
	}
	count := func(is *is.I, labels []annoset.Annotation) (refs, below int, lost int64) {
		out, report := writeFormat(t, labelfile.EAF, labels, nil)
		back := readFormat(labelfile.EAF, out, labelfile.ReadOptions{})
		is.NoErr(back.err)
		sameLabels(t, withoutExtra(back.labels), withoutExtra(labels)) // each label is where it was, whatever became of the tree
		return strings.Count(string(out), "<REF_ANNOTATION "), strings.Count(string(out), " PARENT_REF="), remarked(report.Remarks, labelfile.RemarkExtraLost)
	}
	edited := func(i int, edit func(*annoset.Annotation)) []annoset.Annotation {
		labels := slices.Clone(r.labels)
		edit(&labels[i])
		return labels
	}
	t.Run("as it was", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, r.labels)
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{3, 4, 0})
		out, _ := writeFormat(t, labelfile.EAF, r.labels, nil)
		sameLabels(t, readFormat(labelfile.EAF, out, labelfile.ReadOptions{}).labels, r.labels) // with all fields
		is.Equal(strings.Count(string(out), "<TIME_SLOT "), 7)                                  // a subdivision shares those of its parent
	})
	t.Run("a part is moved", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, edited(2, func(a *annoset.Annotation) { a.EndMS-- }))
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{1, 3, 2})
	})
	t.Run("a note leaves its word", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, edited(4, func(a *annoset.Annotation) { a.StartMS++ }))
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{2, 3, 1})
	})
	t.Run("there is a gap between halves", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, edited(5, func(a *annoset.Annotation) { a.EndMS-- }))
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{3, 3, 2})
	})
	t.Run("what was within is without", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, edited(7, func(a *annoset.Annotation) { a.EndMS = 1500 }))
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{3, 3, 1})
	})
	t.Run("the words are gone", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, r.labels[2:])
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{0, 0, 6})
	})
	t.Run("the words overlap", func(t *testing.T) {
		is := is.New(t)
		refs, below, lost := count(is, edited(1, func(a *annoset.Annotation) { a.StartMS = 500 }))
		is.Equal([]int64{int64(refs), int64(below), lost}, []int64{0, 0, 6})
	})
	t.Run("two tiers stand below each other", func(t *testing.T) {
		is := is.New(t)
		circle := []annoset.Annotation{
			withExtra(label("ep1", "a", 0, 1), json.RawMessage(`{"tier":"a","parent_tier":"b","constraint":"Included_In"}`)),
			withExtra(label("ep1", "b", 0, 1), json.RawMessage(`{"tier":"b","parent_tier":"a","constraint":"Included_In"}`)),
		}
		_, below, lost := count(is, circle)
		is.Equal([]int64{int64(below), lost}, []int64{1, 1})
	})
}

// TestEAF_contradictions keeps of labels that contradict each other what can be kept, and counts the rest.
func TestEAF_contradictions(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	of := func(ms int64, extra string) annoset.Annotation {
		return withExtra(label("ep1", "a", ms, ms+1), json.RawMessage(extra))
	}
	out, report := writeFormat(t, labelfile.EAF, []annoset.Annotation{
		of(0, `{"tier":"t","participant":"anna","annotation_id":"a7"}`),
		of(1, `{"tier":"t","participant":"ben","annotation_id":"a7"}`),
		of(2, `{"tier":"t","annotation_id":"no id"}`),
		of(3, `{"tier":"u","linguistic_type":"x","vocabulary":"v"}`),
		of(4, `{"tier":"w","linguistic_type":"x"}`),
		of(5, `{"tier":"\u0001"}`),
		of(6, `{"annotation_id":"ts1"}`), // the name of a time slot
	}, nil)
	is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(5))
	r := readFormat(labelfile.EAF, out, labelfile.ReadOptions{})
	is.NoErr(r.err)
	var extra []string
	for _, a := range r.labels {
		extra = append(extra, string(a.ExtraData))
	}
	is.Equal(extra, []string{
		`{"tier":"t","participant":"anna","annotation_id":"a7"}`, `{"tier":"t","participant":"anna"}`, `{"tier":"t","participant":"anna"}`,
		`{"tier":"u","linguistic_type":"x","vocabulary":"v"}`, `{"tier":"w","linguistic_type":"x (2)"}`, "", "",
	})
	_, report = writeFormat(t, labelfile.EAF, []annoset.Annotation{label("ep1", "a\x01b", 0, 1)}, nil)
	is.Equal(remarked(report.Remarks, labelfile.RemarkTypeChanged), int64(1)) // XML has no such character
}
