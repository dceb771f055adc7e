// Convert turns labels of any format into any other, through a store, and says what was lost on the way.
//
//	go run ./examples/convert                                   # a small table to a Praat TextGrid, on the screen
//	go run ./examples/convert -to rttm labels.csv labels.rttm
//	go run ./examples/convert -to textgrid labels.tsv folder    # one file for each audio file
//	go run ./examples/convert -to jsonl -gzip folder all.jsonl.gz
//	go run ./examples/convert -formats                          # list the formats
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

//go:embed kitchen.tsv
var kitchen []byte

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "format of the input (default: detected)")
	toName := flag.String("to", "", "format of the output (default: as the name of the output ends, or textgrid)")
	db := flag.String("db", "", "file to keep the store in (default: in memory)")
	pack := flag.Bool("gzip", false, "pack the output (default: as its name ends)")
	formats := flag.Bool("formats", false, "list the formats")
	flag.Parse()
	if *formats {
		for _, f := range labelfile.Formats() {
			fmt.Println(f)
		}
		return
	}
	if flag.NArg() > 2 {
		log.Fatalf("one input and one output, not %q", flag.Args())
	}
	out := flag.Arg(1)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	to := cmp.Or(labelfile.Format(*toName), formatOf(out))
	c := converter{from: labelfile.Format(*from), to: to, gzip: *pack || strings.HasSuffix(out, ".gz")}
	if err := c.run(ctx, *db, flag.Arg(0), out); err != nil {
		log.Fatal(err)
	}
}

// formatOf is the format whose name a file name ends with.
func formatOf(name string) labelfile.Format {
	f := labelfile.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz"))), "."))
	if slices.Contains(labelfile.Formats(), f) {
		return f
	}
	return labelfile.TextGrid
}

type converter struct {
	from, to labelfile.Format
	gzip     bool
}

func (c *converter) run(ctx context.Context, db, in, out string) (err error) {
	store, err := open(ctx, db)
	if err != nil {
		return err
	}
	defer store.Close()
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: cmp.Or(in, "kitchen.tsv")})
	if err != nil {
		return err
	}
	set, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{Notes: "imported by examples/convert"})
	if err != nil {
		return err
	}
	read, err := c.read(ctx, store, set, in)
	if err != nil {
		return err
	}
	say("read", read.Labels, read.Remarks)
	if set, err = store.Publish(ctx, set.ID, nil); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "v%d: %d labels in %d audio files, %d clean, %s\n", set.Version, set.TotalAnnotations,
		set.AnnotatedAudioFiles, set.CleanAudioFiles, set.Digest)
	written, err := c.write(ctx, store, set, out)
	if err != nil {
		return err
	}
	say("wrote", written.Labels, written.Remarks)
	return nil
}

func open(ctx context.Context, db string) (*annoset.Store, error) {
	if db == "" {
		return annoset.OpenMemory(ctx, nil)
	}
	return annoset.Open(ctx, db, nil)
}

// read imports a file, a folder, or the table that comes with this program.
func (c *converter) read(ctx context.Context, store *annoset.Store, set annoset.AnnotationSet, in string,
) (labelfile.ImportReport, error) {
	opts := &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: in}}
	if in == "" {
		opts.Name = "kitchen.tsv"
		return labelfile.Import(ctx, store, set.ID, bytes.NewReader(kitchen), c.from, opts)
	}
	info, err := os.Stat(in)
	if err != nil {
		return labelfile.ImportReport{}, err
	}
	if info.IsDir() {
		opts.Progress = func(done int) { fmt.Fprintf(os.Stderr, "\r%d labels ", done) }
		defer fmt.Fprintln(os.Stderr)
		return labelfile.ImportFS(ctx, store, set.ID, os.DirFS(in), c.from, opts)
	}
	f, err := os.Open(in)
	if err != nil {
		return labelfile.ImportReport{}, err
	}
	defer f.Close()
	bar := &bar{r: f, size: info.Size()}
	defer bar.end()
	return labelfile.Import(ctx, store, set.ID, bar, c.from, opts)
}

// write exports to a file or, where the name has no ending, to a folder.
func (c *converter) write(ctx context.Context, store *annoset.Store, set annoset.AnnotationSet, out string,
) (report labelfile.WriteReport, err error) {
	opts := &labelfile.ExportOptions{WriteOptions: labelfile.WriteOptions{Gzip: c.gzip}}
	if out == "" {
		for first, err := range store.Annotations(ctx, set.ID, annoset.Filter{}) {
			if err != nil {
				return report, err
			}
			opts.Filter.AudioFileIDs = []string{first.AudioFileID}
			fmt.Fprintf(os.Stderr, "showing %s alone\n", first.AudioFileID)
			break
		}
		return labelfile.Export(ctx, store, set.ID, os.Stdout, c.to, opts)
	}
	if filepath.Ext(out) == "" {
		return labelfile.ExportDir(ctx, store, set.ID, out, c.to, opts)
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return report, err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			err = errors.Join(err, os.Remove(out)) // half a file is worse than none
		}
	}()
	return labelfile.Export(ctx, store, set.ID, f, c.to, opts)
}

func say(did string, labels int64, remarks []labelfile.Remark) {
	fmt.Fprintf(os.Stderr, "%s %d labels\n", did, labels)
	for _, m := range remarks {
		fmt.Fprintf(os.Stderr, "    %s: %d, the first at %s %s\n", m.Kind, m.Count, m.First[0], m.First[0].Text)
	}
}

// bar shows how much of a file was read.
type bar struct {
	r          io.Reader
	done, size int64
	shown      int64
}

const barWidth = 40

func (b *bar) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.done += int64(n)
	if full := b.done * barWidth / max(b.size, 1); full != b.shown {
		b.shown = full
		fmt.Fprintf(os.Stderr, "\r[%s%s] %3d %%", strings.Repeat("#", int(min(full, barWidth))),
			strings.Repeat(".", int(max(barWidth-full, 0))), min(b.done*100/max(b.size, 1), 100))
	}
	return n, err
}

func (b *bar) end() { fmt.Fprintln(os.Stderr) }
