package cue

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsTimes reports whether a line is meant as the times of a cue: two times on a clock with an arrow between, or with
// what people, translators and word processors put in its place. alone says that the line stands where times are
// expected, such as below the number of a subtitle; elsewhere a text may have times in it, and less is taken for them.
func IsTimes(line string, alone bool) bool {
	if !HasColon(line) {
		return false
	}
	_, ok := mend(line, alone)
	return ok
}

// HasColon reports whether a line may have a colon, or a character that looks like one. Without one it is no times.
func HasColon(line string) bool {
	for i := range len(line) {
		if c := line[i]; c == ':' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// BeginsWithTime reports whether a line begins with a time that is no time of day in a text. Where times are expected
// it is meant as them, whatever stands behind it. Unless alone says that they are expected, the time must have all its
// parts.
func BeginsWithTime(line string, alone bool) bool {
	if !HasColon(line) {
		return false
	}
	m := beginPattern.FindStringSubmatch(plain(line))
	return m != nil && isFull(m[1]) && (alone || hasDecimals(m[1]) && strings.Count(m[1], ":") == 2)
}

const clockPattern = `-?[0-9]+(?::[0-9]+){1,3}(?:[.,;][0-9]+)?`

// timesPattern matches a plain line with two times: what is before them, the first, what is between, the second, and
// the rest.
var timesPattern = regexp.MustCompile(`^([ \t\[({<"'*]*)(` + clockPattern + `)` +
	`([ \t]*(?:[-=~|/,; \t]*>+|[-=~|/,;]+|[ \t])[ \t]*)(` + clockPattern + `)([ \t\])}"'].*)?$`)

// startPattern, beginPattern and endPattern match plain lines of which only one time can be read, with what stands
// between.
var (
	startPattern = regexp.MustCompile(`^[ \t\[({<"'*]*(` + clockPattern + `)[ \t]*([-=~|/ \t]*>|[-=~]+)`)
	beginPattern = regexp.MustCompile(`^[ \t\[({<"'*]*(` + clockPattern + `)`)
	endPattern   = regexp.MustCompile(`^(.*[^-=>]|)[-=]+>+[ \t]*(` + clockPattern + `)[ \t]*$`)
)

// mend returns a line that is meant as times as it should be, if that is clear, and in plain characters otherwise.
func mend(line string, alone bool) (mended string, ok bool) {
	line = plain(line)
	likely := mayBegin(strings.TrimLeft(line, opening)) || alone && strings.IndexByte(line, '>') >= 0
	if !likely || strings.IndexByte(line, ':') < 0 {
		return line, false
	}
	m := timesPattern.FindStringSubmatch(line)
	if m == nil {
		return line, isHalf(line, alone)
	}
	before, start, between, end, rest := m[1], m[2], m[3], m[4], m[5]
	arrow := strings.Contains(between, ">")
	inBrackets := strings.Trim(before, " \t") != "" || rest != "" && rest[0] != ' ' && rest[0] != '\t'
	nothingElse := strings.Trim(rest, " \t])}\"'") == ""
	switch full := isFull(start) && isFull(end); {
	case arrow && (full || alone):
	case nothingElse && alone && full:
	case nothingElse && !inBrackets && hasDecimals(start) && hasDecimals(end):
	default:
		return line, false
	}
	if inBrackets {
		return line, true // nobody knows what the rest is
	}
	return start + " " + Arrow + " " + end + rest, true
}

// loosePattern and numberedPattern match plain lines with two times that cannot be read, but are meant as such: numbers
// with other separators, or none, and an arrow or a dash between; and times behind the number of their subtitle.
var (
	loosePattern = regexp.MustCompile(`^[ \t\[({<"'*]*[0-9][0-9.,:;hms' \t]*(?:[-=~|/ \t]*>+[ \t]*[0-9]|` +
		`[-=~]+[ \t]*[0-9]+[.:;,][0-9]+[.:;,][0-9]+[0-9.:;, \t]*$)`)
	numberedPattern = regexp.MustCompile(`^[ \t#]*[0-9]+[ \t.,:;)\]-]*[ \t](` + clockPattern + `)` +
		`[ \t]*(?:[-=~|/ \t]*>+|[-=~]+)[ \t]*(` + clockPattern + `)`)
)

// IsLoose reports whether a line is meant as times that nobody can read: where times are expected, with other
// separators than colons, as in "00.00.03,000 -> 00.00.04,000"; anywhere, behind a number, as in "2 00:00:03,000 ->
// 00:00:04,000".
func IsLoose(line string, alone bool) bool {
	if !alone && !HasColon(line) || !mayHaveTimes(line) {
		return false
	}
	line = arrowEntities.Replace(strings.Map(plainRune, line))
	if m := numberedPattern.FindStringSubmatch(line); m != nil && isFull(m[1]) && isFull(m[2]) {
		return true
	}
	return alone && loosePattern.MatchString(line)
}

// mayHaveTimes is a quick look: times begin with a digit, perhaps behind a sign.
func mayHaveTimes(line string) bool {
	line = strings.TrimLeft(line, opening+"#")
	return line != "" && (line[0] >= '0' && line[0] <= '9' || line[0] >= utf8.RuneSelf)
}

// isHalf reports whether a line is meant as times although one of them cannot be read.
func isHalf(line string, alone bool) bool {
	if m := startPattern.FindStringSubmatch(line); m != nil && isFull(m[1]) {
		return strings.HasSuffix(m[2], ">") || alone && hasDecimals(m[1])
	}
	m := endPattern.FindStringSubmatch(line)
	return m != nil && isFull(m[2]) && (alone || strings.Trim(m[1], opening) == "")
}

// opening are the characters that may stand before times.
const opening = " \t[({<\"'*"

// mayBegin reports whether a line can be times by its first character.
func mayBegin(line string) bool {
	return line != "" && (line[0] >= '0' && line[0] <= '9' || line[0] == '-' || line[0] == '=')
}

// isFull reports whether a time has more than two numbers, as no time of day has in a text.
func isFull(clock string) bool { return strings.Count(clock, ":") > 1 || hasDecimals(clock) }

func hasDecimals(clock string) bool { return strings.ContainsAny(clock, ".,;") }

var arrowEntities = strings.NewReplacer("&gt;", ">", "&#62;", ">")

// plain returns a line with ASCII characters in place of those that look like the parts of times, and without
// characters that nobody sees. It looks at a line without colons no closer.
func plain(line string) string {
	if !isASCII(line) {
		if strings.IndexFunc(line, isColon) < 0 {
			return line
		}
		line = strings.Map(plainRune, line)
	}
	if strings.IndexByte(line, '&') >= 0 {
		line = arrowEntities.Replace(line)
	}
	return line
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isColon reports whether a character is a colon, or looks like one.
func isColon(r rune) bool {
	switch r {
	case ':', '：', '﹕', '∶', '︓', '꞉', 'ː':
		return true
	}
	return false
}

// isDigit reports whether a character is a decimal digit of any script.
func isDigit(r rune) bool { return unicode.Is(unicode.Nd, r) }

// plainRune returns the ASCII character that a character stands for, or -1 for one that nobody sees.
func plainRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case unicode.Is(unicode.Cf, r):
		return -1
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Nd, r):
		return digit(r)
	case unicode.Is(unicode.Pd, r):
		return '-'
	case isColon(r):
		return ':'
	}
	switch r {
	case '−', '─', '━', 'ー':
		return '-'
	case '＞', '›', '˃', '❯', '→', '⟶', '⇒', '⟹', '⇨', '➔', '➙', '➜', '➝', '➞', '➡', '►', '▶':
		return '>'
	case '，', '﹐', '،', '٫', '、', '‚':
		return ','
	case '．', '﹒', '。', '․':
		return '.'
	}
	return r
}

// digit returns the ASCII digit of a decimal digit. In Unicode the digits of a script follow one another.
func digit(r rune) rune {
	for _, table := range unicode.Nd.R16 {
		if r >= rune(table.Lo) && r <= rune(table.Hi) {
			return '0' + (r-rune(table.Lo))%10
		}
	}
	return r
}

// IsNumber reports whether a line is the number of a subtitle.
func IsNumber(line string) bool {
	line = strings.Trim(line, " \t")
	return line != "" && isDigits(line)
}

// breakTimes writes colons of each line of a payload that would be taken for times as entities, from the first one on
// until it is not, or its first digit if it has no colon.
func breakTimes(payload string) string {
	if strings.IndexFunc(payload, isColon) < 0 && strings.IndexFunc(payload, isDigit) < 0 {
		return payload
	}
	lines := strings.Split(payload, "\n")
	for i, line := range lines {
		below := i > 0 && IsNumber(lines[i-1])
		alone := i > 1 && Blank(lines[i-2])
		for IsTimes(line, true) || IsLoose(line, below) || below && BeginsWithTime(line, alone) {
			at := strings.IndexFunc(line, isColon)
			last := at < 0
			if last {
				at = strings.IndexFunc(line, isDigit)
			}
			r, size := utf8.DecodeRuneInString(line[at:])
			line = line[:at] + "&#" + strconv.Itoa(int(r)) + ";" + line[at+size:]
			if last {
				break
			}
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
