package blob_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/blob/blobtest"
)

func TestS3Store(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { t.Helper(); return blob.OpenFakeS3(t) })
}
