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
)

var (
	resolve    = regexp.MustCompile(`/(?:resolve|presign)/\?fileuri=`)
	uploadHash = regexp.MustCompile(`^[0-9a-f]{8}-`)
	localPath  = regexp.MustCompile(`[?&]d=`)
	scheme     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	nextQuery  = regexp.MustCompile(`&[A-Za-z_]\w*=`)
)

// nameOf returns the name of an audio file: of an address, of the key of an object store, or of a path of Label
// Studio's own, the last element without the hash that an upload adds; of anything else, the text. Label Studio does
// not encode the names of files and keys, so they are no URLs: "#", "?", "+", ";" and "%" belong to them.
func nameOf(text string) string {
	_, name := splitName(text)
	return name
}

// splitName is nameOf that also returns the path that ends in the name, without what is no path. It is the text if
// nothing was cut.
func splitName(text string) (whole, name string) {
	whole, name = text, text
	switch {
	case resolve.MatchString(text):
		packed := text[resolve.FindStringIndex(text)[1]:]
		if uri, err := base64.StdEncoding.DecodeString(packed); err == nil && scheme.Match(uri) && utf8.Valid(uri) {
			return splitName(string(uri))
		}
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		whole, name = splitURL(text)
	case strings.HasPrefix(text, "/data/"):
		whole, name = splitLocal(text)
	case strings.HasPrefix(text, "file://"):
		whole, name = splitDecoded(strings.TrimPrefix(text, "file://"))
	case scheme.MatchString(text): // the key in an object store stands as it is
		_, key, _ := strings.Cut(scheme.ReplaceAllString(text, ""), "/")
		name = lastElement(key)
	}
	if name == "" {
		return text, text // an address without a path
	}
	return whole, name
}

// splitLocal splits a path of Label Studio's own.
func splitLocal(text string) (whole, name string) {
	if rest, found := strings.CutPrefix(text, local); found {
		if at := localPath.FindStringIndex(rest); at != nil {
			file := rest[at[1]:]
			if next := nextQuery.FindStringIndex(file); next != nil && endsAsAudio(file[:next[0]]) {
				file = file[:next[0]]
			}
			return splitDecoded(strings.ReplaceAll(file, `\`, "/"))
		}
	}
	whole, name = text, lastElement(text)
	if i := strings.IndexByte(name, '?'); i >= 0 && endsAsAudio(name[:i]) {
		whole, name = text[:len(text)-len(name)+i], name[:i]
	}
	whole, name = whole[:len(whole)-len(name)]+decoded(name), decoded(name)
	if strings.HasPrefix(text, uploads) {
		name = uploadHash.ReplaceAllString(name, "")
	}
	return whole, name
}

// splitURL splits an address in the web. Of one that names no file both results are the whole text, because two of
// them may differ only in what is no path.
func splitURL(text string) (whole, name string) {
	protocol, rest, _ := strings.Cut(text, "://")
	host, rest, _ := strings.Cut(rest, "/")
	if rest = "/" + rest; strings.HasPrefix(rest, uploads) || strings.HasPrefix(rest, local) {
		return splitLocal(rest)
	}
	host = protocol + "://" + host
	i := strings.IndexAny(rest, "?#")
	if i < 0 {
		whole, name = splitDecoded(rest)
		return host + whole, name
	}
	if whole, name = splitDecoded(rest[:i]); endsAsAudio(name) {
		return host + whole, name
	}
	if rest[i] == '#' && endsAsAudio(rest) { // nobody has encoded it
		whole, name = splitDecoded(rest)
		return host + whole, name
	}
	query, _, _ := strings.Cut(rest[i+1:], "#")
	for part := range strings.SplitSeq(query, "&") {
		_, value, _ := strings.Cut(part, "=")
		if file, err := url.QueryUnescape(value); err == nil && endsAsAudio(file) {
			return host + rest[:i+1] + file, lastElement(file)
		}
	}
	return text, text
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

// splitDecoded splits a path that may be percent-encoded, as a whole or not.
func splitDecoded(text string) (whole, name string) {
	if plain := decoded(text); plain != text {
		return plain, lastElement(plain)
	}
	name = lastElement(text)
	return strings.TrimSuffix(text, name) + decoded(name), decoded(name)
}

// decoded returns a text without percent-encoding, if all of it is encoded so and is a text afterwards.
func decoded(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(plain) || strings.IndexFunc(plain, unicode.IsControl) >= 0 {
		return text
	}
	return plain
}
