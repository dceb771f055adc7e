package labelfile_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// encodings are encodings by name, with a text, and bytes that no character has.
var encodings = []struct {
	name      string
	encoding  encoding.Encoding
	text      string
	malformed string
}{
	{"windows-1252", charmap.Windows1252, "Grünspecht“–€", ""},
	{"Latin1", charmap.Windows1252, "Grünspecht", ""},
	{"iso-8859-15", charmap.ISO8859_15, "œuvre €", ""},
	{"windows-1251", charmap.Windows1251, "дрозд", ""},
	{"windows-1253", charmap.Windows1253, "κοτσύφι", "\xaa"},
	{"ISO-8859-7", charmap.ISO8859_7, "κοτσύφι", "\xff"},
	{"iso-8859-8-i", charmap.ISO8859_8I, "שחרור", "\xa1"},
	{"koi8-r", charmap.KOI8R, "дрозд", ""},
	{"macintosh", charmap.Macintosh, "Grünspecht“–", ""},
	{"IBM866", charmap.CodePage866, "дрозд", ""},
	{"cp437", charmap.CodePage437, "Grünspecht", ""},
	{"ibm852", charmap.CodePage852, "žluva", ""},
	{"shift_jis", japanese.ShiftJIS, "ソ表鶯ｳ", "\xfd"}, // with bytes that are a backslash in ASCII
	{"cp932", japanese.ShiftJIS, "ソ表鶯", "\x83\x20"},
	{"euc-jp", japanese.EUCJP, "ソ表鶯", "\xff"},
	{"iso-2022-jp", japanese.ISO2022JP, "ソ表鶯", "\x1b$B$\x1b(B"},
	{"gbk", simplifiedchinese.GBK, "画眉乗", "\xff"},
	{"gb18030", simplifiedchinese.GB18030, "画眉é🐦\ufffd", "\x81\x3a\x81\x30"},
	{"big5", traditionalchinese.Big5, "畫眉功許", "\x80"}, // likewise
	{"euc-kr", korean.EUCKR, "꾀꼬리", "\xfe\x41"},
	{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "鶯🐦\ufffd", "\x3d\xd8"},
	{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "鶯🐦", "\xdc\x00"},
	{"UTF-8", unicode.UTF8, "鶯🐦\ufffd", "\xe9"},
}

// TestRead_Encoding reads every format in every encoding that is named.
func TestRead_Encoding(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, e := range encodings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range labelfile.Formats() {
				is := is.New(t)
				kind := strings.ReplaceAll(e.text, " ", "_")
				labels := []annoset.Annotation{label("x", "a"+kind, 0, 1000), label("x", kind+"z", 1000, 2500)}
				if f == labelfile.UEM {
					labels[0].AudioFileID, labels[1].AudioFileID = "x"+kind, "x"+kind
				}
				plain, _ := writeFormat(t, f, labels, nil)
				want := readFormat(f, plain, labelfile.ReadOptions{Name: "x"})
				is.NoErr(want.err)
				encoded := value(e.encoding.NewEncoder().Bytes(plain))(t)
				opts := labelfile.ReadOptions{Name: "x", Encoding: e.name}
				r := readFormat(f, encoded, opts)
				is.NoErr(r.err)
				is.Equal(r.labels, want.labels)
				is.Equal(len(r.report.Remarks), len(want.report.Remarks)) // nothing was repaired
				is.Equal(readFormat(f, gzipped(t, encoded), opts).labels, want.labels)
				// A byte order mark is believed whatever the name.
				wide := value(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(string(plain)))(t)
				for _, marked := range []string{"\ufeff" + string(plain), wide} {
					r = readFormat(f, []byte(marked), opts)
					is.NoErr(r.err)
					is.Equal(r.labels, want.labels)
				}
				if e.malformed != "" {
					malformed(t, f, opts, plain, kind, e.encoding, e.malformed)
				}
			}
		})
	}
}

// malformed puts bytes that are no character before a text in a file, and checks the error.
func malformed(t *testing.T, f labelfile.Format, opts labelfile.ReadOptions, plain []byte, text string, enc encoding.Encoding, bad string) {
	t.Helper()
	is := is.New(t)
	at := bytes.Index(plain, []byte(text))
	before := value(enc.NewEncoder().Bytes(plain[:at]))(t)
	data := slices.Concat(before, []byte(bad), value(enc.NewEncoder().Bytes(plain[at:]))(t))
	r := readFormat(f, data, opts)
	e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
	if !ok {
		t.Fatalf("%s: %v instead of an error about %q in %q", f, r.err, bad, data)
	}
	line := 1 + bytes.Count(plain[:at], []byte("\n"))
	column := 1 + len([]rune(string(plain[bytes.LastIndexByte(plain[:at], '\n')+1:at])))
	is.Equal([]int{e.Line, e.Column}, []int{line, column}) // where it is
	is.Equal(e.Found, "bytes that are not "+strings.ToLower(canonical(opts.Encoding)))
}

// canonical is the name that the standard has for an encoding.
func canonical(name string) string {
	return map[string]string{"cp932": "shift_jis"}[name] + strings.TrimPrefix(name, "cp932")
}

func TestRead_Encoding_refuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"klingon", "utf-7", "iso-2022-kr", "hz-gb-2312", "replacement", "cp037", " ", strings.Repeat("x", 1000)} {
		is := is.New(t)
		r := readFormat(labelfile.CSV, []byte("start,end,label\n0,1,x\n"), labelfile.ReadOptions{Name: "x", Encoding: name})
		e, ok := errors.AsType[*annoset.ValidationError](r.err)
		is.True(ok)
		is.Equal(e.Problems[0].Field, "encoding")
		is.True(len(e.Error()) < 300)
	}
}

// TestRead_UTF16_malformed names the encoding that the byte order mark says, whatever the options name.
func TestRead_UTF16_malformed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := value(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("start_s,end_s,label\n0,1,ab"))(t)
	for _, bad := range []string{"\x3d\xd8x\x00", "\x00\xdc", "x"} { // half of a pair, the other half, and half a character
		for _, name := range []string{"", "windows-1252", "utf-16be", "utf-8"} {
			r := readFormat(labelfile.CSV, []byte(text+bad), labelfile.ReadOptions{Name: "x.csv", Encoding: name})
			e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
			is.True(ok)
			is.Equal(*e, labelfile.SyntaxError{Format: labelfile.CSV, Name: "x.csv", Line: 2, Column: 7, Found: "bytes that are not UTF-16", Expected: "UTF-16"})
		}
	}
}

// TestRead_Encoding_goesOn leaves out the records that have malformed bytes, if that was asked for, and no others.
func TestRead_Encoding_goesOn(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := []byte("start,end,label\n0,1,\x83\x5c\n1,2,\x83\n2,3,\x95\x5c\n3,4,\xfd\xfd\n")
	r := readFormat(labelfile.CSV, text, labelfile.ReadOptions{Name: "x", Encoding: "sjis", MaxBad: 2})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"ソ 0-1000", "表 2000-3000"})
	is.Equal(badLines(r.report), []int{3, 5})
	is.Equal(r.report.Remarks[0].First[0].Text, "found bytes that are not shift_jis, expected shift_jis")
}

// TestRead_Encoding_isNotGuessed reads no other encoding than is named, not even in TextGrids, which Praat guesses.
func TestRead_Encoding_isNotGuessed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := `"ooTextFile" "TextGrid" 0 9 <exists> 1 "IntervalTier" "w" 0 9 1 0 9 "` + "h\xe9\""
	r := readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "x"})
	is.NoErr(r.err)
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), int64(1)) // as Praat does, with a remark
	r = readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "x", Encoding: "utf-8"})
	is.True(r.err != nil && strings.Contains(r.err.Error(), "x:1:71: found bytes that are not utf-8"))
	r = readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "x", Encoding: "macintosh"})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"hÈ 0-9000"})
	for _, f := range labelfile.Formats() { // and nothing else is guessed without a name
		plain, _ := writeFormat(t, f, []annoset.Annotation{label("xé", "xé", 0, 1000)}, nil)
		latin := bytes.ReplaceAll(plain, []byte("é"), []byte("\xe9"))
		r := readFormat(f, latin, labelfile.ReadOptions{Name: "x"})
		_, refused := errors.AsType[*labelfile.SyntaxError](r.err)
		is.Equal(refused, f != labelfile.TextGrid)
	}
}

// TestRead_EAF_declaredEncoding believes the document, which names its encoding, unless the options name another.
func TestRead_EAF_declaredEncoding(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := eaf("", slots(0, 10), eafTier("top", "top", "", aligned("a1", 1, 2, "hé")))
	for _, name := range []string{"ISO-8859-1", "windows-1252"} {
		latin := []byte(strings.NewReplacer("UTF-8", name, "é", "\xe9").Replace(text))
		r := readFormat(labelfile.EAF, latin, labelfile.ReadOptions{Name: "x"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"hé 0-10"})
		r = readFormat(labelfile.EAF, latin, labelfile.ReadOptions{Name: "x", Encoding: "macintosh"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"hÈ 0-10"})
		r = readFormat(labelfile.EAF, []byte("\ufeff"+text), labelfile.ReadOptions{Name: "x"})
		is.NoErr(r.err) // the mark says UTF-8
	}
	bad := strings.NewReplacer("UTF-8", "shift_jis", "é", "\xfd").Replace(text)
	r := readFormat(labelfile.EAF, []byte(bad), labelfile.ReadOptions{Name: "x"})
	e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
	is.True(ok)
	is.Equal([]any{e.Line, e.Found}, []any{5, "bytes that are not shift_jis"})
	r = readFormat(labelfile.EAF, []byte(strings.Replace(text, "UTF-8", "klingon", 1)), labelfile.ReadOptions{Name: "x"})
	is.True(r.err != nil && strings.Contains(r.err.Error(), `the encoding "klingon"`))
}

// TestImport_Encoding detects the format of a file in the encoding that is named.
func TestImport_Encoding(t *testing.T) {
	t.Parallel()
	for _, e := range encodings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openMemory(t)
			draft := newDraft(t, s, "encodings")
			encode := func(text string) []byte { return value(e.encoding.NewEncoder().Bytes([]byte(text)))(t) }
			opts := &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "x.csv", Encoding: e.name}}
			report, err := labelfile.Import(t.Context(), s, draft.ID, bytes.NewReader(encode("file,start,end,label\na,0,1,"+e.text+"\n")), "", opts)
			is.NoErr(err)
			is.Equal(report.Labels, int64(1))
			folder := fstest.MapFS{"a.TextGrid": {Data: encode(strings.ReplaceAll(grid, "hé", e.text))}, "b.srt.gz": {Data: gzipped(t, encode("1\n00:00:01,000 --> 00:00:02,000\n"+e.text+"\n"))}}
			report, err = labelfile.ImportFS(t.Context(), s, draft.ID, folder, "", &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Encoding: e.name}})
			is.NoErr(err)
			is.Equal(report.Files, 2)
			kinds := value(s.Stats(t.Context(), draft.ID))(t).AnnotationsByType
			is.Equal(kinds[e.text], int64(2)) // of the table and the subtitles
			is.Equal(kinds[`say "`+e.text+`"`], int64(1))
		})
	}
}

// FuzzRead_Encoding reads anything in any encoding. No text has U+FFFD in it that the file does not say.
func FuzzRead_Encoding(f *testing.F) {
	for i, e := range encodings {
		text, err := e.encoding.NewEncoder().String("start,end,label\n0,1," + e.text + "\n1,2,")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), uint8(1), []byte(text+e.malformed+"\n"))
	}
	f.Fuzz(func(t *testing.T, i, format uint8, data []byte) {
		if len(data) > 1<<13 {
			return
		}
		e, formats := encodings[int(i)%len(encodings)], labelfile.Formats()
		for _, maxBad := range []int{0, 1 << 20} {
			opts := labelfile.ReadOptions{Name: "fuzz", BlankType: "blank", MaxBad: maxBad, Encoding: e.name}
			r := readFormat(formats[int(format)%len(formats)], data, opts)
			if _, ok := errors.AsType[*labelfile.SyntaxError](r.err); r.err != nil && !ok {
				t.Fatalf("an error that names no place: %v", r.err)
			}
			for _, a := range r.labels {
				said := strings.Contains(e.name, "utf") || strings.Contains(strings.ToLower(e.name), "gb18030") ||
					bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) ||
					bytes.HasPrefix(data, []byte("\x1f\x8b")) || bytes.Contains(data, []byte("&#")) || bytes.Contains(data, []byte(`\u`))
				if strings.Contains(a.ArtifactType, "\ufffd") && !said && e.name != "UTF-8" {
					t.Fatalf("%q was read of %q in %s", a.ArtifactType, data, e.name)
				}
			}
		}
	})
}
