package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestReadTx_batches(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	db, err := Open(ctx, Config{BusyTimeout: time.Second})
	is.NoErr(err)
	defer db.Close()
	const rows = 600
	text := strings.Repeat("x", batchBytes/64)
	is.NoErr(db.Read(ctx, func(tx *ReadTx) error {
		held, most := 0, 0
		pool := newBatchPool(func(r *LabelRow, values []driver.Value) {
			r.ID, _ = values[0].(int64)
			held += len(values[1].(string))
			most = max(most, held)
		})
		b, err := pool.open(context.Background(), tx.dc, `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
			SELECT 1 FROM n WHERE take(?1, i, ?3)`, int64(rows), text)
		is.NoErr(err)
		defer func() { is.NoErr(b.close()) }()
		for i := int64(1); ; i++ {
			row, err := b.next()
			is.NoErr(err)
			if row == nil {
				is.Equal(i, int64(rows+1)) // each row once
				break
			}
			is.Equal(row.ID, i)
			held -= len(text)
		}
		is.True(most <= batchBytes) // long texts are not read ahead by the batch of many rows
		return nil
	}))
}
