package labelstudio

import (
	"encoding/base64"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// audioEndings are the endings of files that are audio, or video with audio.
var audioEndings = names(".wav", ".wave", ".w64", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif",
	".aiff", ".aifc", ".wma", ".amr", ".au", ".caf", ".mka", ".webm", ".mp4")

// endsAsAudio reports whether a name ends as names of audio files do.
func endsAsAudio(name string) bool { return audioEndings[`"`+strings.ToLower(path.Ext(name))+`"`] }

// namesAudio reports whether a text looks like the name or address of an audio file.
func namesAudio(text string) bool {
	name := nameOf(text)
	if endsAsAudio(name) {
		return true
	}
	i := strings.IndexAny(name, "?#\n")
	return i >= 0 && !strings.Contains(name[:i], "://") && endsAsAudio(name[:i])
}

// The paths of Label Studio's own.
const (
	uploads = "/data/upload/"
	local   = "/data/local-files"
	resolve = "/resolve/?fileuri="
)

var (
	uploadHash = regexp.MustCompile(`^[0-9a-f]{8}-`)
	localPath  = regexp.MustCompile(`[?&]d=`)
	scheme     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	nextQuery  = regexp.MustCompile(`&[A-Za-z_]\w*=`)
)

// nameOf returns the name of an audio file: of an address, of the key of an object store, or of a path of Label
// Studio's own, the last element without the hash that an upload adds; of anything else, the text. Label Studio does
// not encode the names of files and keys, so they are no URLs: "#", "?", "+", ";" and "%" belong to them.
func nameOf(text string) string {
	name := text
	switch {
	case strings.Contains(text, resolve):
		_, packed, _ := strings.Cut(text, resolve)
		if uri, err := base64.StdEncoding.DecodeString(packed); err == nil && scheme.Match(uri) && utf8.Valid(uri) {
			return nameOf(string(uri))
		}
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		name = nameOfURL(text)
	case strings.HasPrefix(text, "/data/"):
		name = nameOfLocal(text)
	case strings.HasPrefix(text, "file://"):
		name = lastDecoded(text)
	case scheme.MatchString(text): // the key in an object store stands as it is
		_, key, _ := strings.Cut(scheme.ReplaceAllString(text, ""), "/")
		name = lastElement(key)
	}
	if name == "" {
		return text // an address without a path
	}
	return name
}

// nameOfLocal returns the name of a file by a path of Label Studio's own.
func nameOfLocal(text string) string {
	if rest, found := strings.CutPrefix(text, local); found {
		if at := localPath.FindStringIndex(rest); at != nil {
			file := rest[at[1]:]
			if next := nextQuery.FindStringIndex(file); next != nil && endsAsAudio(file[:next[0]]) {
				file = file[:next[0]]
			}
			return lastDecoded(strings.ReplaceAll(file, `\`, "/"))
		}
	}
	name := lastElement(text)
	if i := strings.IndexByte(name, '?'); i >= 0 && endsAsAudio(name[:i]) {
		name = name[:i]
	}
	name = decoded(name)
	if strings.HasPrefix(text, uploads) {
		name = uploadHash.ReplaceAllString(name, "")
	}
	return name
}

// nameOfURL returns the name of a file by its address in the web. Of an address that names none it is the whole text,
// because two of them may differ only in what is no path.
func nameOfURL(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	_, rest, _ = strings.Cut(rest, "/")
	if rest = "/" + rest; strings.HasPrefix(rest, uploads) || strings.HasPrefix(rest, local) {
		return nameOfLocal(rest)
	}
	i := strings.IndexAny(rest, "?#")
	if i < 0 {
		return lastDecoded(rest)
	}
	if name := lastDecoded(rest[:i]); endsAsAudio(name) {
		return name
	}
	if rest[i] == '#' && endsAsAudio(rest) {
		return lastDecoded(rest) // nobody has encoded it
	}
	query, _, _ := strings.Cut(rest[i+1:], "#")
	for part := range strings.SplitSeq(query, "&") {
		_, value, _ := strings.Cut(part, "=")
		if file, err := url.QueryUnescape(value); err == nil && endsAsAudio(file) {
			return lastElement(file)
		}
	}
	return text
}

// lastElement returns the last element of a path, or "" if there is none.
func lastElement(name string) string {
	switch last := path.Base(name); last {
	case ".", "/":
		return ""
	default:
		return last
	}
}

// lastDecoded returns the last element of a path that may be percent-encoded, as a whole or not.
func lastDecoded(name string) string {
	if plain := decoded(name); plain != name {
		return lastElement(plain)
	}
	return decoded(lastElement(name))
}

// decoded returns a text without percent-encoding, if all of it is encoded so and is a text afterwards.
func decoded(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(plain) || strings.IndexFunc(plain, unicode.IsControl) >= 0 {
		return text
	}
	return plain
}
