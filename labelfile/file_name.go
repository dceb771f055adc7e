package labelfile

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Stem returns the last element of a path without its ending: "ep1" for "shows/ep1.wav" and for `C:\shows\ep1.wav`.
// A name that is all ending, such as ".wav", stays whole.
func Stem(name string) string {
	base := Base(name)
	if stem := strings.TrimSuffix(base, path.Ext(base)); stem != "" {
		return stem
	}
	return base
}

// Base returns the last element of a path whose elements are separated by "/" or, as on Windows, by "\".
func Base(name string) string {
	return path.Base(strings.ReplaceAll(strings.TrimRight(name, `/\`), `\`, "/"))
}

// folderOf returns what stands before the last element of a path, with the separator.
func folderOf(name string) string {
	name = strings.TrimRight(name, `/\`)
	return name[:strings.LastIndexAny(name, `/\`)+1]
}

// unpackedName is the name of a file before it was packed with gzip.
func unpackedName(name string) string {
	if end := len(name) - len(".gz"); end > 0 && strings.EqualFold(name[end:], ".gz") {
		return name[:end]
	}
	return name
}

// programs matches what programs add to the name of an audio file, before the ending: BirdNET and BirdNET-Analyzer,
// Raven, HawkEars, Perch and Deep Audio Segmenter.
var programs = regexp.MustCompile(`(?i)(` +
	`[._]BirdNET([._](selections?|selection\.table|audacity_labels|labels|` +
	`results([._](r|csv|kaleidoscope|audacity|table))?))?( \(\d+\))?|` +
	`([._ ]Table[._ ]?\d+)?\.selections?(\.table)?( \(\d+\))?|\.Table\.\d+|_HawkEars|_Perch|_annotations)$`)

// withoutProgram removes what a program has added to the name of an audio file.
func withoutProgram(stem string) string {
	if at := programs.FindStringIndex(stem); at != nil && at[0] > 0 {
		return stem[:at[0]]
	}
	return stem
}

// recordingOf returns the audio file that a file of labels is about, by its name: without the ending of the format, or
// any other, and without what a program has added. The name may be one that [ExportDir] has made.
func recordingOf(name string, f Format, exported bool) string {
	base := Base(unpackedName(name))
	if spec, err := specOf(importing, f); err == nil && exported {
		stem := Stem(base)
		if ending := spec.endingOf(strings.ToLower(base)); len(ending) < len(base) && ending != "" {
			stem = base[:len(base)-len(ending)]
		}
		if id, ok := filename.Unescape(stem); ok && !strings.EqualFold(id, stem) {
			return id // the name is escaped; one that is not keeps the case that somebody gave it
		}
	}
	return withoutProgram(Stem(base))
}

// fileNames makes audio file ids for one call, and looks that no two paths give the same one.
type fileNames struct {
	op     string
	folder bool // files of a folder are read, which ExportDir may have named
	last   struct{ name, id string }
	from   [2]map[string]origin // by id: of the names of files of labels, and of the paths that they give
}

// origin is where an audio file id comes from.
type origin struct {
	folder, path string
}

// audioFileID makes the audio file id of a record, whose file gives a name or none.
func (rd *labelReader) audioFileID(name string) (string, error) {
	opts := rd.opts
	switch {
	case opts.AudioFileID != nil && name == "":
		return opts.AudioFileID(opts.Name), nil
	case opts.AudioFileID != nil:
		return opts.AudioFileID(name), nil
	case name != "" || opts.Name == "":
		return name, nil
	case rd.last.name == opts.Name:
		return rd.last.id, nil
	}
	id := recordingOf(opts.Name, rd.format, rd.folder)
	if opts.KeepFolders {
		id = folderOf(opts.Name) + id
	}
	if err := rd.only(0, id, origin{folderOf(opts.Name), opts.Name}, annoset.Place{File: opts.Name}); err != nil {
		return "", err
	}
	rd.last.name, rd.last.id = opts.Name, id
	return id, nil
}

// named takes a name that a codec has cut from a path.
func (rd *labelReader) named(whole, name string, at codec.Place) (string, error) {
	if rd.opts.KeepFolders {
		return whole, nil
	}
	if rd.opts.AudioFileID != nil {
		return name, nil
	}
	place := annoset.Place{File: rd.opts.Name, Line: at.Line, Column: at.Column}
	return name, rd.only(1, name, origin{whole, whole}, place)
}

// only returns an error if an id comes from two folders.
func (n *fileNames) only(kind int, id string, from origin, at annoset.Place) error {
	if n.from[kind] == nil {
		n.from[kind] = make(map[string]origin)
	}
	first, known := n.from[kind][id]
	switch {
	case !known:
		if at.File != "" && kind == 1 {
			from.path = at.File + ": " + from.path
		}
		n.from[kind][id] = from
		return nil
	case first.folder == from.folder:
		return nil
	}
	reason := fmt.Sprintf("is %s both for %s and for %s; KeepFolders keeps them apart, AudioFileID can name them",
		valid.Brief(id), valid.Brief(first.path), valid.Brief(from.path))
	return &annoset.ValidationError{Op: n.op, Problems: []annoset.Problem{
		{Index: -1, Field: "audio_file_id", Reason: reason, At: at},
	}}
}
