package cue

import (
	"html"
	"strings"
)

// Dialect says how a format writes texts.
type Dialect struct {
	Point byte // the decimal point of its times
	// Loose says that texts are not escaped in general: what looks like a tag or an entity, but is none that players
	// know, is text. A text may have blank lines.
	Loose bool
}

// The dialects.
var (
	WebVTT = Dialect{Point: '.'}
	SRT    = Dialect{Point: ',', Loose: true}
)

// Plain returns the text of a payload, without tags and with entities decoded. The voice is the one around all of it,
// or the first. styled reports whether there are other tags, which the text does not show.
func (d *Dialect) Plain(payload string) (text, voice string, styled bool) {
	if !strings.ContainsAny(payload, "<&{") {
		return payload, "", false
	}
	var b strings.Builder
	voices := 0
	for i := 0; i < len(payload); {
		switch c := payload[i]; {
		case c == '<':
			if size := d.tag(payload[i:]); size > 0 {
				tag := payload[i+1 : i+size-1]
				if name, ok := voiceOf(tag); ok {
					if voices++; voices == 1 {
						voice = name
					}
					styled = styled || i > 0 || voices > 1 || tag[1] == '.'
				} else if tag != "/v" || i+size < len(payload) || voices == 0 {
					styled = true
				}
				i += size
				continue
			}
		case c == '&':
			if size := entity(payload[i:]); size > 0 {
				b.WriteString(html.UnescapeString(payload[i : i+size]))
				i += size
				continue
			}
		case c == '{' && d.Loose && strings.HasPrefix(payload[i:], `{\`):
			if size := next(payload[i:], '{', '}') + 1; size > 0 { // an override of SubStation Alpha: {\an8}
				styled = true
				i += size
				continue
			}
		}
		b.WriteByte(payload[i])
		i++
	}
	return b.String(), voice, styled
}

// tag returns the length of the tag at the beginning of a text, or 0 if there is none.
func (d *Dialect) tag(s string) int {
	end := next(s, '<', '>')
	if end < 0 {
		return 0
	}
	name := s[1:end]
	if name != "" && name[0] >= '0' && name[0] <= '9' && !d.Loose {
		if strings.Trim(name, "0123456789:.") == "" && strings.Contains(name, ":") {
			return end + 1 // the time at which the rest is spoken
		}
		return 0
	}
	name = strings.TrimPrefix(name, "/")
	if i := strings.IndexAny(name, " \t\n./"); i >= 0 {
		name = name[:i]
	}
	if name == "" || !letter(name[0]) || d.Loose && !known[strings.ToLower(name)] {
		return 0
	}
	return end + 1
}

// next returns where what opens at the beginning of a text closes, or -1 if it does not, or the same opens again
// before: so a text is searched once, however much opens in it.
func next(s string, opens, closes byte) int {
	for i := 1; i < len(s) && s[i] != opens; i++ {
		if s[i] == closes {
			return i
		}
	}
	return -1
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// known are the tags that players of SubRip know, or that come from WebVTT.
var known = map[string]bool{
	"b": true, "i": true, "u": true, "s": true, "font": true, "em": true, "strong": true, "strike": true, "span": true,
	"c": true, "v": true, "lang": true, "ruby": true, "rt": true,
}

// voiceOf returns the name in a voice tag: "v Mary", or "v.loud Mary".
func voiceOf(tag string) (string, bool) {
	if tag == "" || tag[0] != 'v' {
		return "", false
	}
	i := strings.IndexAny(tag, " \t\n")
	if i < 0 || i > 1 && tag[1] != '.' {
		return "", false
	}
	return oneLine(unescape(tag[i:])), true
}

// oneLine reads the annotation of a tag as WebVTT does: ASCII white space becomes one blank.
func oneLine(s string) string {
	blank := func(r rune) bool { return r < 0x80 && strings.ContainsRune(" \t\n\f\r", r) }
	return strings.Join(strings.FieldsFunc(s, blank), " ")
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if size := entity(s[i:]); size > 0 {
			b.WriteString(html.UnescapeString(s[i : i+size]))
			i += size
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// longestEntity is the length of the longest in HTML, &CounterClockwiseContourIntegral; with room for zeros before a
// number.
const longestEntity = 40

// entity returns the length of the entity at the beginning of a text, with its semicolon, or 0 if there is none.
func entity(s string) int {
	if s[0] != '&' {
		return 0
	}
	for i := 1; i < len(s) && i < longestEntity; i++ {
		c := s[i]
		if c == ';' {
			switch u := html.UnescapeString(s[:i+1]); {
			case u == s[:i+1], u != ";" && strings.HasSuffix(u, ";"):
				return 0 // unknown: only HTML has entities without a semicolon
			case u == "\ufffd" && !isReplacement(s[2:i]):
				return 0 // no character has this number
			}
			return i + 1
		}
		if !letter(c) && (c < '0' || c > '9') && (c != '#' || i > 1) {
			return 0
		}
	}
	return 0
}

// isReplacement reports whether the number of a reference is that of U+FFFD.
func isReplacement(number string) bool {
	if hex, found := strings.CutPrefix(strings.ToLower(number), "x"); found {
		return strings.TrimLeft(hex, "0") == "fffd"
	}
	return strings.TrimLeft(number, "0") == "65533"
}

// escapeVoice also breaks up "--", which could form an arrow with the end of the tag.
var escapeVoice = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "--", "-&#45;")

// Payload returns what a cue has to say for a text and a voice, which may be empty. [Dialect.Plain] turns it back
// into them.
func (d *Dialect) Payload(text, voice string) string {
	var b strings.Builder
	if voice != "" {
		b.WriteString("<v ")
		b.WriteString(escapeVoice.Replace(voice))
		b.WriteByte('>')
	}
	first := len(text) - len(strings.TrimLeft(text, " \t\n"))
	last := len(strings.TrimRight(text, " \t\n"))
	for i := range len(text) {
		switch c := text[i]; c {
		case '\r':
			b.WriteString("&#13;")
		case '\n':
			bare := i > 0 && i+1 < len(text) && text[i-1] != '\n' && text[i+1] != '\n'
			if d.Loose {
				bare = i >= first && i < last
			}
			if bare {
				b.WriteByte('\n')
			} else {
				b.WriteString("&#10;")
			}
		case ' ', '\t':
			if d.blankLine(text, i) {
				b.WriteString(map[byte]string{' ': "&#32;", '\t': "&#9;"}[c])
			} else {
				b.WriteByte(c)
			}
		case '&':
			if d.Loose && entity(text[i:]) == 0 {
				b.WriteByte(c)
			} else {
				b.WriteString("&amp;")
			}
		case '<':
			if next := text[i+1:]; d.Loose && (next == "" || !letter(next[0]) && next[0] != '/') {
				b.WriteByte(c)
			} else {
				b.WriteString("&lt;")
			}
		case '>':
			if d.Loose && !strings.HasSuffix(text[:i], "--") {
				b.WriteByte(c)
			} else {
				b.WriteString("&gt;")
			}
		case '{':
			if d.Loose && strings.HasPrefix(text[i+1:], `\`) {
				b.WriteString("&#123;")
			} else {
				b.WriteByte(c)
			}
		default:
			b.WriteByte(c)
		}
	}
	return breakTimes(b.String())
}

// blankLine reports whether the line that begins at i has only blanks, and would be lost on a reader.
func (d *Dialect) blankLine(text string, i int) bool {
	if i > 0 && text[i-1] != '\n' {
		return false
	}
	rest := text[i:]
	if end := strings.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return strings.Trim(rest, " \t") == ""
}
