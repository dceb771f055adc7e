package annosettest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/filename"
)

const (
	sumsName    = "SHA256SUMS"
	labelEnding = ".jsonl"
)

// maxDifferences is how many differing lines Golden lists.
const maxDifferences = 20

// Golden compares a set with the golden folder dir, which [annoset.Store.Export] has written, and fails the test if
// they differ. It lists at most 20 of the lines that differ, in the form of [Lines]: those of the folder alone after
// "-", those of the set alone after "+". Sets are equal when their digests are: ids do not count. The folder must also
// be as Export wrote it, with no file missing, changed or added; the failure names those that are.
//
// With ANNOSET_UPDATE=1 in the environment Golden writes the folder instead, if it differs. The old one is replaced
// once the new one is complete. A folder that has other files than those of Export is never replaced.
//
// Where git converts line endings, keep it from converting those of golden folders by a line in .gitattributes:
// "testdata/golden/** -text".
func Golden(tb testing.TB, s *annoset.Store, setID uuid.UUID, dir string) {
	tb.Helper()
	ctx := context.Background()
	update, err := isOn("ANNOSET_UPDATE")
	if err != nil {
		tb.Fatalf("annosettest.Golden: %v", err)
	}
	exported := filepath.Join(tb.TempDir(), "set")
	if err := s.Export(ctx, setID, exported); err != nil {
		tb.Fatalf("annosettest.Golden: %v", err)
	}
	difference, err := compareFolders(dir, exported)
	switch {
	case err != nil:
		tb.Fatalf("annosettest.Golden: %v", err)
	case difference == "":
	case !update:
		tb.Errorf("annosettest.Golden: %s\nANNOSET_UPDATE=1 writes the folder anew.", difference)
	default:
		if err := replaceFolder(ctx, s, setID, dir); err != nil {
			tb.Fatalf("annosettest.Golden: %v", err)
		}
		tb.Logf("annosettest.Golden: wrote %s", dir)
	}
}

// isOn reports whether a variable of the environment asks for something.
func isOn(name string) (bool, error) {
	text := os.Getenv(name)
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s is %q, neither 1 nor 0", name, text)
	}
	return on, nil
}

// compareFolders says how a golden folder differs from what a set was exported to; "": not at all.
func compareFolders(golden, exported string) (string, error) {
	want, err := openFolder(golden)
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no folder " + golden, nil
	}
	if err != nil {
		return "", err
	}
	got, err := openFolder(exported)
	if err != nil {
		return "", err
	}
	lines, err := want.differences(got)
	if err != nil {
		return "", err
	}
	if len(lines) == 0 && len(want.faults) == 0 && !bytes.Equal(want.sums, got.sums) {
		want.fault("%s is written in another way", sumsName)
	}
	var b strings.Builder
	if len(want.faults) > 0 {
		fmt.Fprintf(&b, "%s is not as Export wrote it:", golden)
		list(&b, want.faults)
	}
	if len(lines) > 0 {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "the set differs from %s (-: there alone, +: in the set alone):", golden)
		list(&b, lines)
	}
	return b.String(), nil
}

// list writes the first lines of a list.
func list(b *strings.Builder, lines []string) {
	for _, line := range lines[:min(len(lines), maxDifferences)] {
		b.WriteString("\n\t" + line)
	}
	if more := len(lines) - maxDifferences; more > 0 {
		fmt.Fprintf(b, "\n\tand %d more", more)
	}
}

// folder is one that Export wrote, as it is now.
type folder struct {
	dir    string
	sums   []byte            // the contents of SHA256SUMS
	files  map[string]string // name and SHA-256 of each file of labels
	faults []string          // in what it is not as Export wrote it
}

func (f *folder) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// sumsLine is a line of SHA256SUMS.
var sumsLine = regexp.MustCompile(`^([0-9a-f]{64})  (\S+)$`)

func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir, files: make(map[string]string)}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	stated, err := f.readSums()
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == sumsName {
			continue
		}
		_, known := stated[name]
		ours := entry.Type().IsRegular() && strings.HasSuffix(name, labelEnding)
		if !known || !ours {
			f.fault("%s is not of it", name)
		}
		if !ours {
			continue
		}
		sum, err := sumOf(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f.files[name] = sum
		if known && sum != stated[name] {
			f.fault("%s was changed", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stated)) {
		if _, there := f.files[name]; !there {
			f.fault("%s is missing", name)
		}
	}
	return f, nil
}

// readSums reads SHA256SUMS and returns what it states of each file.
func (f *folder) readSums() (map[string]string, error) {
	var err error
	f.sums, err = os.ReadFile(filepath.Join(f.dir, sumsName))
	if errors.Is(err, fs.ErrNotExist) {
		f.fault("%s is missing", sumsName)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stated := make(map[string]string)
	text := string(f.sums)
	if strings.Contains(text, "\r\n") {
		f.fault(`its line endings were converted: "%s/** -text" in .gitattributes keeps git from it`,
			filepath.ToSlash(filepath.Clean(f.dir)))
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		m := sumsLine.FindStringSubmatch(line)
		if m == nil && text != "" {
			f.fault("%s has the line %s", sumsName, cut(line))
		}
		if m != nil {
			stated[m[2]] = m[1]
		}
	}
	return stated, nil
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// differences are the lines that one of two folders has alone.
func (f *folder) differences(other *folder) ([]string, error) {
	names := slices.AppendSeq(slices.Collect(maps.Keys(f.files)), maps.Keys(other.files))
	slices.Sort(names)
	var lines []string
	for _, name := range slices.Compact(names) {
		if f.files[name] == other.files[name] {
			continue
		}
		want, err := f.labels(name)
		if err != nil {
			return nil, err
		}
		got, err := other.labels(name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, differences(want, got)...)
	}
	return lines, nil
}

// labels reads a file of labels, if it is there.
func (f *folder) labels(name string) ([]entry, error) {
	if _, there := f.files[name]; !there {
		return nil, nil
	}
	file, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	id, ok := filename.Unescape(strings.TrimSuffix(name, labelEnding))
	if !ok {
		id = strings.TrimSuffix(name, labelEnding) // the name of a long id, which was cut
	}
	r := bufio.NewReader(file)
	var entries []entry
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			entries = append(entries, labelOf(id, line))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(entries) == 0 {
		entries = []entry{{Annotation: annoset.Annotation{AudioFileID: id}, clean: true, text: "clean"}}
	}
	return entries, nil
}

// labelOf reads a line of canonical JSON. The text of the entry is the line itself, by which two are equal.
func labelOf(id string, line []byte) entry {
	e := entry{text: string(line)}
	if json.Unmarshal(line, &e.Annotation) != nil {
		e.Annotation = annoset.Annotation{}
	}
	e.AudioFileID = id
	return e
}

// shown is how an entry of a golden folder is listed.
func (e *entry) shown() string {
	text := e.String()
	if !e.clean && e.ArtifactType == "" {
		text = string(appendName(nil, e.AudioFileID)) + " " + cut(strings.TrimRight(e.text, "\n")) // no label
	}
	const most = 500
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// differences lists what two files of labels have alone, in order of time.
func differences(want, got []entry) []string {
	count := make(map[string]int)
	for _, e := range got {
		count[e.text]++
	}
	type signed struct {
		entry
		sign string
	}
	var all []signed
	for _, e := range want {
		if count[e.text] > 0 {
			count[e.text]--
		} else {
			all = append(all, signed{e, "- "})
		}
	}
	for _, e := range slices.Backward(got) { // of equal ones the last are too many
		if count[e.text] > 0 {
			count[e.text]--
			all = append(all, signed{e, "+ "})
		}
	}
	slices.SortStableFunc(all, func(a, b signed) int {
		return cmp.Or(a.compare(&b.entry), -cmp.Compare(a.sign, b.sign))
	})
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = e.sign + e.shown()
	}
	return lines
}

// replacing keeps parallel tests that share a folder from replacing it at once.
var replacing sync.Mutex

// replaceFolder exports a set beside dir and puts it in the place of dir once it is complete.
func replaceFolder(ctx context.Context, s *annoset.Store, setID uuid.UUID, dir string) (err error) {
	replacing.Lock()
	defer replacing.Unlock()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	there, err := replaceable(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".annoset-*")
	if err != nil {
		return err
	}
	if err := s.Export(ctx, setID, filepath.Join(temp, "new")); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	return swap(temp, dir, there)
}

// swap moves what is at dir to temp, and what is new in temp to dir. It removes temp, unless the old folder got stuck
// there.
func swap(temp, dir string, there bool) error {
	fresh, old := filepath.Join(temp, "new"), filepath.Join(temp, "old")
	if there {
		if err := os.Rename(dir, old); err != nil {
			return errors.Join(err, os.RemoveAll(temp))
		}
	}
	err := os.Rename(fresh, dir)
	if err != nil && there {
		if stuck := os.Rename(old, dir); stuck != nil {
			return errors.Join(err, stuck)
		}
	}
	return errors.Join(err, os.RemoveAll(temp))
}

// replaceable reports whether there is a folder at dir. It is an error if that has anything that Export does not write.
func replaceable(dir string) (there bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	sums := false
	for _, e := range entries {
		sums = sums || e.Name() == sumsName
		if !e.Type().IsRegular() || e.Name() != sumsName && !strings.HasSuffix(e.Name(), labelEnding) {
			return false, fmt.Errorf("%s has %s, which Export did not write: the folder was not replaced", dir, e.Name())
		}
	}
	if len(entries) > 0 && !sums {
		return false, fmt.Errorf("%s has no %s, so Export did not write it: the folder was not replaced", dir, sumsName)
	}
	return true, nil
}
