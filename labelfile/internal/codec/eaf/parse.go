package eaf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/charset"
)

// maxDepth is how deep elements may nest. The format itself nests six deep.
const maxDepth = 100

// document has the parts of a file that matter to its labels, as they are written.
type document struct {
	units       string
	media       []medium
	properties  map[string]string
	slots       []slot
	slotByID    map[string]int
	tiers       []*eafTier
	tierByID    map[string]*eafTier
	types       map[string]lingType
	annotations []annotation
}

type medium struct {
	url, relative, mime string
	origin              int64 // where the time line of the document begins in the medium, in milliseconds
}

// slot is a point of the time line.
type slot struct {
	time  int64 // in the units of the file
	timed bool
}

type eafTier struct {
	id, participant, annotator, lingType, locale, language, parent string
	at                                                             codec.Place
	first, n                                                       int // its annotations
	chain                                                          *chain
}

type lingType struct{ constraint, vocabulary string }

type annotation struct {
	id             string
	tier           *eafTier
	at             codec.Place
	slot1, slot2   string
	parent, before string // annotation ids; parent is empty if the annotation has slots
	cve            string
	others         []codec.Field // attributes that this package has no use for
	value          string
	span           span
}

// parser reads the elements one by one.
type parser struct {
	doc    *document
	xml    *xml.Decoder
	source string
	cursor *codec.Cursor
	note   func(codec.Kind, codec.Place, string)
	path   []string // of the open element
	at     codec.Place
	text   strings.Builder // of the open element, if its text counts
	name   string          // of the open property

	encoding string // an encoding that cannot be read
}

// declaration matches the beginning of a document that names its encoding.
var declaration = regexp.MustCompile(`^<\?xml\s[^>]*encoding\s*=\s*["']([^"']*)["']`)

// textOf returns the text of a document: in the encoding that a byte order mark says, the caller, or else the document.
// known reports whether it is not for the parser to find out.
func textOf(data []byte, named bool) (text string, known bool, err error) {
	if named || bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe")) {
		text, err = charset.Named(data)
		return strings.TrimPrefix(text, "\ufeff"), true, err
	}
	if m := declaration.FindSubmatch(data[:min(len(data), 1<<10)]); m != nil {
		e, ok := charset.Lookup(string(m[1]))
		if known = ok && !strings.HasPrefix(e.Name, "utf-"); known {
			text, err = e.Decode(data)
			return text, true, err
		}
	}
	text, err = charset.Named(data)
	return strings.TrimPrefix(text, "\ufeff"), false, err
}

// parse reads a whole document. named says that the caller names its encoding.
func parse(data []byte, named bool, note func(codec.Kind, codec.Place, string)) (*document, error) {
	text, known, err := textOf(data, named)
	if err != nil {
		return nil, err
	}
	p := &parser{
		doc: &document{
			properties: make(map[string]string), slotByID: make(map[string]int),
			tierByID: make(map[string]*eafTier), types: make(map[string]lingType),
		},
		xml: xml.NewDecoder(strings.NewReader(text)), source: text, cursor: codec.NewCursor(text), note: note,
	}
	p.xml.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if known {
			return in, nil
		}
		p.encoding = label
		return nil, errors.New("no such encoding")
	}
	return p.doc, p.run()
}

func (p *parser) run() error {
	seen := false
	for {
		offset := int(p.xml.InputOffset())
		token, err := p.xml.Token()
		if err == io.EOF && seen {
			return nil
		}
		if err == nil {
			err = p.checkReferences(token, offset)
		}
		if err != nil {
			return p.located(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			p.at = p.cursor.Place(offset)
			if len(p.path) == 0 && (seen || t.Name.Local != "ANNOTATION_DOCUMENT") {
				return p.errorf("an element ANNOTATION_DOCUMENT, once", "the element %s", codec.Quote(t.Name.Local))
			}
			if seen = true; len(p.path) == maxDepth {
				return p.errorf("the elements of an annotation document", "elements nested deeper than %d", maxDepth)
			}
			if n := len(p.path); n > 0 && hasText(p.path[n-1]) {
				return p.errorf("text alone in "+p.path[n-1], "the element %s", codec.Quote(t.Name.Local))
			}
			p.path = append(p.path, t.Name.Local)
			if err := p.open(t.Name.Local, t.Attr); err != nil {
				return err
			}
		case xml.EndElement:
			p.close(t.Name.Local)
			p.path = p.path[:len(p.path)-1]
		case xml.CharData:
			if len(p.path) > 0 && hasText(p.path[len(p.path)-1]) {
				p.text.Write(t)
			}
		case xml.Directive:
			p.at = p.cursor.Place(offset)
			return p.errorf("a document without a type declaration", "%s", codec.Quote("<!"+string(t)))
		}
	}
}

// reference matches a reference to a character by its number.
var reference = regexp.MustCompile(`&#(x[0-9A-Fa-f]+|[0-9]+);`)

// checkReferences refuses references to half of a pair of characters, for which the decoder puts U+FFFD.
func (p *parser) checkReferences(token xml.Token, offset int) error {
	replaced := false
	switch t := token.(type) {
	case xml.CharData:
		replaced = bytes.Contains(t, []byte("\ufffd"))
	case xml.StartElement:
		replaced = slices.ContainsFunc(t.Attr, func(a xml.Attr) bool { return strings.Contains(a.Value, "\ufffd") })
	}
	raw := p.source[offset:p.xml.InputOffset()]
	if !replaced || strings.HasPrefix(raw, "<![CDATA[") {
		return nil
	}
	for _, m := range reference.FindAllStringSubmatchIndex(raw, -1) {
		n, err := strconv.ParseUint(strings.Replace(raw[m[2]:m[3]], "x", "0x", 1), 0, 32)
		if err == nil && utf16.IsSurrogate(rune(n)) {
			return p.cursor.ErrorAt(offset+m[0], codec.Quote(raw[m[0]:m[1]])+", half of a pair of characters", "a character")
		}
	}
	return nil
}

func (p *parser) errorf(expected, found string, args ...any) error {
	return &codec.SyntaxError{Place: p.at, Found: fmt.Sprintf(found, args...), Expected: expected}
}

// located adds the place to an error about broken XML.
func (p *parser) located(err error) error {
	if e, ok := errors.AsType[*codec.SyntaxError](err); ok {
		return e
	}
	p.at = p.cursor.Place(min(int(p.xml.InputOffset()), p.cursor.Len()))
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return p.errorf("well-formed XML", "%s", e.Msg)
	}
	if err == io.EOF {
		return p.errorf("an element ANNOTATION_DOCUMENT", "the end of the file")
	}
	if p.encoding != "" {
		return p.errorf("UTF-8 or UTF-16", "the encoding %s", codec.Quote(p.encoding))
	}
	return p.errorf("well-formed XML", "%s", err.Error())
}

// attrs are the attributes of an element.
type attrs []xml.Attr

func (a attrs) find(name string) (value string, ok bool) {
	for i := range a {
		if a[i].Name.Local == name {
			return a[i].Value, true
		}
	}
	return "", false
}

// get returns the value of an attribute, or "" if it is missing.
func (a attrs) get(name string) string {
	value, _ := a.find(name)
	return value
}

// hasText reports whether the text of an element counts.
func hasText(element string) bool { return element == "ANNOTATION_VALUE" || element == "PROPERTY" }

// open takes the beginning of an element.
func (p *parser) open(element string, a attrs) error {
	switch element {
	case "HEADER":
		p.doc.units = a.get("TIME_UNITS")
		if url := a.get("MEDIA_FILE"); url != "" {
			p.doc.media = append(p.doc.media, medium{url: url})
		}
	case "MEDIA_DESCRIPTOR":
		return p.medium(a)
	case "PROPERTY":
		p.name = a.get("NAME")
		p.text.Reset()
	case "TIME_SLOT":
		return p.slot(a)
	case "TIER":
		return p.tier(a)
	case "ALIGNABLE_ANNOTATION", "REF_ANNOTATION":
		return p.annotation(element, a)
	case "ANNOTATION_VALUE":
		p.text.Reset()
	case "LINGUISTIC_TYPE":
		constraint := strings.ReplaceAll(a.get("CONSTRAINTS"), " ", "_") // as the first versions of the format spell it
		p.doc.types[a.get("LINGUISTIC_TYPE_ID")] = lingType{constraint, a.get("CONTROLLED_VOCABULARY_REF")}
	case "LINKED_FILE_DESCRIPTOR", "CROSS_REF_LINK", "GROUP_REF_LINK":
		p.note(codec.RecordSkipped, p.at, element)
	}
	return nil
}

// close takes the end of an element.
func (p *parser) close(element string) {
	switch element {
	case "PROPERTY":
		p.doc.properties[p.name] = p.text.String()
	case "ANNOTATION_VALUE":
		if n := len(p.doc.annotations); n > 0 && p.inside("ALIGNABLE_ANNOTATION", "REF_ANNOTATION") {
			p.doc.annotations[n-1].value = p.text.String()
		}
	}
}

// inside reports whether the open element stands directly in one of these.
func (p *parser) inside(parents ...string) bool {
	for _, parent := range parents {
		if n := len(p.path); n > 1 && p.path[n-2] == parent {
			return true
		}
	}
	return false
}

func (p *parser) medium(a attrs) error {
	m := medium{url: a.get("MEDIA_URL"), relative: a.get("RELATIVE_MEDIA_URL"), mime: a.get("MIME_TYPE")}
	if origin, ok := a.find("TIME_ORIGIN"); ok {
		digits, negative := strings.CutPrefix(strings.TrimSpace(origin), "-")
		if m.origin, ok = wholeNumber(digits); !ok {
			return p.errorf("a whole number for TIME_ORIGIN", "%s", codec.Quote(origin))
		}
		if negative {
			m.origin = -m.origin
		}
	}
	p.doc.media = append(p.doc.media, m)
	return nil
}

func (p *parser) slot(a attrs) error {
	id := a.get("TIME_SLOT_ID")
	if _, twice := p.doc.slotByID[id]; twice {
		return p.errorf("an id of its own for each time slot", "the time slot %s again", codec.Quote(id))
	}
	s := slot{}
	if value, ok := a.find("TIME_VALUE"); ok {
		if s.time, ok = wholeNumber(value); !ok {
			return p.errorf("a whole number for TIME_VALUE", "%s", codec.Quote(value))
		}
		s.timed = true
	}
	p.doc.slotByID[id] = len(p.doc.slots)
	p.doc.slots = append(p.doc.slots, s)
	return nil
}

// wholeNumber reads an unsigned integer as XML Schema defines it, up to far beyond any time.
func wholeNumber(s string) (n int64, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 15 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func (p *parser) tier(a attrs) error {
	id := a.get("TIER_ID")
	if _, twice := p.doc.tierByID[id]; twice {
		return p.errorf("an id of its own for each tier", "the tier %s again", codec.Quote(id))
	}
	t := &eafTier{
		id: id, participant: a.get("PARTICIPANT"), annotator: a.get("ANNOTATOR"), lingType: a.get("LINGUISTIC_TYPE_REF"),
		locale: a.get("DEFAULT_LOCALE"), language: a.get("LANG_REF"), parent: a.get("PARENT_REF"), at: p.at,
		first: len(p.doc.annotations),
	}
	p.doc.tierByID[id] = t
	p.doc.tiers = append(p.doc.tiers, t)
	return nil
}

func (p *parser) annotation(element string, a attrs) error {
	if !p.inside("ANNOTATION") || len(p.doc.tiers) == 0 {
		return p.errorf("annotations in a tier", "%s outside", element)
	}
	t := p.doc.tiers[len(p.doc.tiers)-1]
	t.n++
	an := annotation{id: a.get("ANNOTATION_ID"), tier: t, at: p.at, cve: a.get("CVE_REF")}
	if element == "REF_ANNOTATION" {
		an.span.ref = true
		an.parent, an.before = a.get("ANNOTATION_REF"), a.get("PREVIOUS_ANNOTATION")
	} else {
		an.slot1, an.slot2 = a.get("TIME_SLOT_REF1"), a.get("TIME_SLOT_REF2")
	}
	for _, other := range [][2]string{{"LANG_REF", "lang_ref"}, {"EXT_REF", "ext_ref"}, {"SVG_REF", "svg_ref"}} {
		if v := a.get(other[0]); v != "" {
			an.others = append(an.others, codec.Field{Name: other[1], Value: v})
		}
	}
	p.doc.annotations = append(p.doc.annotations, an)
	return nil
}
