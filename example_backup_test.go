package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/annoset/annoset"
)

// A backup takes the place of the store once nobody has that open.
func ExampleRestore() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "annoset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, backup := filepath.Join(dir, "labels.annoset"), filepath.Join(dir, "monday.annoset")

	store, err := annoset.Open(ctx, path, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts"}); err != nil {
		log.Fatal(err)
	}
	if err := store.Backup(ctx, backup); err != nil {
		log.Fatal(err)
	}
	if _, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "a mistake"}); err != nil {
		log.Fatal(err)
	}

	err = annoset.Restore(ctx, backup, path)
	fmt.Println("refused, the store is open:", errors.Is(err, annoset.ErrBusy))
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}
	if err := annoset.Restore(ctx, backup, path); err != nil {
		log.Fatal(err)
	}

	if store, err = annoset.Open(ctx, path, nil); err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	datasets, err := store.Datasets(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range datasets {
		fmt.Println(d.Name)
	}
	// Output:
	// refused, the store is open: true
	// podcasts
}

// What a store does besides the calls: here, the checkpoint that ends a publish.
func ExampleOptions_logger() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "annoset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "log_bytes" || a.Key == "took" { // they differ each time
				return slog.Attr{}
			}
			return a
		},
	}))
	store, err := annoset.Open(ctx, filepath.Join(dir, "labels.annoset"), &annoset.Options{Logger: logger})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "podcasts"})
	if err != nil {
		log.Fatal(err)
	}
	set, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Publish(ctx, set.ID, &annoset.PublishOptions{AllowEmpty: true}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level=DEBUG msg=checkpoint whole=true
	// level=DEBUG msg=checkpoint whole=true
}
