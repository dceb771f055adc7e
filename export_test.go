package annoset

import "database/sql/driver"

// WrapDriver puts a wrapper between a store and its driver.
func WrapDriver(o *Options, wrap func(driver.Connector) driver.Connector) { o.wrapDriver = wrap }

// BulkRows is from where on an insert is done in bulk.
const BulkRows = bulkRows

// MaxLayers is how many layers a new set may stand on.
const MaxLayers = maxLayers

// ImportBatch is how many labels an import holds in memory at once.
const ImportBatch = importBatch
