package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3:// in UPLOADS_URL
	"gocloud.dev/gcerrors"

	"taskwire/store"
)

// A vault keeps the bytes of attachments.
type vault interface {
	// create begins an object. It is there, whole, once done has returned nil;
	// drop leaves nothing behind, whatever was written.
	create(ctx context.Context, key, mimeType string) (object, error)
	// open returns an object's bytes: store.ErrNotFound when it is not there.
	open(ctx context.Context, key string) (*content, error)
	// remove takes an object away; one that is not there is no error.
	remove(ctx context.Context, key string) error
	close() error
}

// An object that is being written.
type object interface {
	io.Writer
	done() error
	drop()
}

// content is an object that is being read.
type content struct {
	io.ReadSeekCloser
	modified time.Time
}

// openVault opens the bucket at address, or the folder for uploads in the data
// folder.
func openVault(ctx context.Context, address, dataDir string) (vault, error) {
	if address == "" {
		bucket, err := fileblob.OpenBucket(filepath.Join(dataDir, "uploads"), &fileblob.Options{
			CreateDir: true, DirFileMode: 0o700, Metadata: fileblob.MetadataDontWrite,
			NoTempDir: true, // or a rename could cross file systems
		})
		return vaultOf(bucket, err)
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == fileblob.Scheme {
		query := u.Query()
		for key, value := range map[string]string{"create_dir": "true", "no_tmp_dir": "true", "metadata": "skip"} {
			if !query.Has(key) {
				query.Set(key, value)
			}
		}
		u.RawQuery = query.Encode()
		address = u.String()
	}
	return vaultOf(blob.OpenBucket(ctx, address))
}

func vaultOf(bucket *blob.Bucket, err error) (vault, error) {
	if err != nil {
		return nil, fmt.Errorf("open the storage for uploads (UPLOADS_URL): %w", err)
	}
	return &bucketVault{bucket}, nil
}

type bucketVault struct{ bucket *blob.Bucket }

func (v *bucketVault) create(ctx context.Context, key, mimeType string) (object, error) {
	ctx, cancel := context.WithCancel(ctx)
	w, err := v.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: mimeType, DisableContentTypeDetection: true})
	if err != nil {
		cancel()
		return nil, err
	}
	return &bucketObject{Writer: w, cancel: cancel}, nil
}

type bucketObject struct {
	*blob.Writer
	cancel context.CancelFunc
}

func (o *bucketObject) done() error {
	defer o.cancel()
	return o.Close()
}

// drop: a writer whose context has ended throws away what it has.
func (o *bucketObject) drop() {
	o.cancel()
	_ = o.Close() // it says that it was cancelled
}

func (v *bucketVault) open(ctx context.Context, key string) (*content, error) {
	r, err := v.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &content{ReadSeekCloser: r, modified: r.ModTime()}, nil
}

func (v *bucketVault) remove(ctx context.Context, key string) error {
	err := v.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}

func (v *bucketVault) close() error {
	return v.bucket.Close()
}
