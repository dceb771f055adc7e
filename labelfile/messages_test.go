package labelfile_test

import (
	"strings"
	"testing"

	"github.com/annoset/annoset/labelfile"
)

// TestErrors_areBounded reads hostile files: no message has more of them than a line, or what a terminal would obey.
func TestErrors_areBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\x1b]0;x\x07<é&", 1<<12)
	plain := strings.Repeat("xé", 1<<14)
	hostile := []string{
		long, plain, "WEBVTT\n\n" + long, "1\n" + plain + " --> 00:00:02,000\nx\n", "SPEAKER " + plain + " 1 x 1 <NA> <NA> " + plain + " <NA>\n",
		plain + " 1 * * <ALT_BEGIN>\ne 1 0 1 a\n", plain + "\t1\tx\n", "start,end,label," + plain + "\n1,x,y\n", `{"start_ms":"` + plain + `"}`,
		`[{"data":{"` + plain + `":"x","b` + plain + `":"y"},"annotations":[{"result":[{}]}]}]`, `{"annotations":[{"namespace":"` + plain + `","data":[{"time":"` + plain + `"}]}]}`,
		`File type = "ooTextFile"` + "\n" + `Object class = "TextGrid"` + "\n\n" + plain,
		`<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="` + plain + `"/></ANNOTATION_DOCUMENT>`,
		`<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="` + plain + `" TIME_VALUE="` + plain + `"/></TIME_ORDER></ANNOTATION_DOCUMENT>`,
		`<ANNOTATION_DOCUMENT><TIER TIER_ID="` + plain + `" LINGUISTIC_TYPE_REF="x"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a" ANNOTATION_REF="` + plain +
			`"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>`,
		"<" + plain + ">", "<ANNOTATION_DOCUMENT>&" + plain + ";", "<ANNOTATION_DOCUMENT><" + plain + "></b>", "<?xml encoding=\"" + plain + "\"?><ANNOTATION_DOCUMENT>",
		`<ANNOTATION_DOCUMENT ` + plain + `="x" ` + plain + `="x">`, "[{\"recording_id\":\"" + plain + "\",\"start\":\"" + plain + "\",\"duration\":1}]",
	}
	for _, f := range labelfile.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			for _, text := range hostile {
				for _, maxBad := range []int{0, 1 << 20} {
					r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x.y", MaxBad: maxBad})
					texts := []string{}
					if r.err != nil {
						texts = append(texts, r.err.Error())
						if strings.Contains(r.err.Error(), "\x1b") {
							t.Errorf("%.300q", r.err.Error())
						}
					}
					for _, m := range r.report.Remarks {
						for _, at := range m.First {
							texts = append(texts, at.Text)
						}
					}
					for _, s := range texts {
						if len(s) > 1000 {
							t.Errorf("%d bytes: %.300q", len(s), s)
						}
					}
				}
				if _, err := labelfile.Detect(plain, []byte(text)); err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\x1b")) {
					t.Errorf("Detect: %.300q", err.Error())
				}
			}
		})
	}
}
