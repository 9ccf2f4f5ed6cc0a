package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3:// in UPLOADS_URL
	"gocloud.dev/gcerrors"

	"taskwire/edge"
	"taskwire/faultpoint"
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
	io.ReadCloser
	size int64
}

func (c *content) Read(p []byte) (int, error) {
	wait := faultpoint.At(context.Background(), "files.read")
	if err := wait.Before(); err != nil {
		return 0, err
	}
	n, err := c.ReadCloser.Read(p)
	return n, wait.After(err)
}

// openVault opens the bucket at address, or the folder for uploads in the data
// folder.
func openVault(ctx context.Context, address, dataDir string) (vault, error) {
	if address == "" {
		dir := filepath.Join(dataDir, "uploads")
		bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{
			CreateDir: true, DirFileMode: 0o700, Metadata: fileblob.MetadataDontWrite,
			NoTempDir: true, // or a rename could cross file systems
		})
		return vaultOf(dir, bucket, err)
	}
	dir := ""
	if u, err := url.Parse(address); err == nil && u.Scheme == fileblob.Scheme {
		query := u.Query()
		for key, value := range map[string]string{"create_dir": "true", "no_tmp_dir": "true", "metadata": "skip"} {
			if !query.Has(key) {
				query.Set(key, value)
			}
		}
		u.RawQuery = query.Encode()
		address, dir = u.String(), filepath.FromSlash(u.Path)
	}
	bucket, err := blob.OpenBucket(ctx, address)
	return vaultOf(dir, bucket, err)
}

func vaultOf(dir string, bucket *blob.Bucket, err error) (vault, error) {
	if err != nil {
		return nil, fmt.Errorf("open the storage for uploads (UPLOADS_URL): %w", err)
	}
	v := &bucketVault{bucket: bucket}
	if started := time.Now(); dir != "" {
		// By then no other process can still write what it began before.
		v.tidying = time.AfterFunc(uploadTime, func() { _ = edge.Safely(func() error { return tidy(dir, started) }) }) // else the next start does
	}
	return v, nil
}

type bucketVault struct {
	bucket  *blob.Bucket
	tidying *time.Timer // nil: the storage forgets by itself what was not finished
}

func (v *bucketVault) create(ctx context.Context, key, mimeType string) (object, error) {
	wait := faultpoint.At(ctx, "files.create")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w, err := v.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: mimeType, DisableContentTypeDetection: true})
	if err = wait.After(err); err != nil {
		cancel()
		return nil, err
	}
	return &bucketObject{Writer: w, cancel: cancel}, nil
}

type bucketObject struct {
	*blob.Writer
	cancel context.CancelFunc
}

func (o *bucketObject) Write(p []byte) (int, error) {
	wait := faultpoint.At(context.Background(), "files.write")
	if err := wait.Before(); err != nil {
		return 0, err
	}
	n, err := o.Writer.Write(p)
	return n, wait.After(err)
}

func (o *bucketObject) done() error {
	defer o.cancel()
	wait := faultpoint.At(context.Background(), "files.finish")
	if err := wait.Before(); err != nil {
		o.drop()
		return err
	}
	return wait.After(o.Close())
}

// drop: a writer whose context has ended throws away what it has.
func (o *bucketObject) drop() {
	o.cancel()
	_ = o.Close() // it says that it was cancelled
}

func (v *bucketVault) open(ctx context.Context, key string) (*content, error) {
	wait := faultpoint.At(ctx, "files.open")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	r, err := v.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if err := wait.After(nil); err != nil {
		r.Close()
		return nil, err
	}
	return &content{ReadCloser: r, size: r.Size()}, nil
}

func (v *bucketVault) remove(ctx context.Context, key string) error {
	wait := faultpoint.At(ctx, "files.remove")
	if err := wait.Before(); err != nil {
		return err
	}
	err := v.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return wait.After(err)
}

// unfinishedFile matches what a process that dies leaves in a folder: objects are
// written beside their place and then moved there. Other files are none of ours.
const unfinishedFile = "atc_*.tmp"

// tidy removes from a folder what was not finished and has not grown since.
func tidy(dir string, since time.Time) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if ours, _ := filepath.Match(unfinishedFile, entry.Name()); !ours {
			continue
		}
		info, infoErr := entry.Info()
		if infoErr != nil || !info.ModTime().Before(since) {
			continue // done meanwhile, or under way
		}
		if removeErr := os.Remove(filepath.Join(dir, entry.Name())); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

func (v *bucketVault) close() error {
	if v.tidying != nil {
		v.tidying.Stop()
	}
	return v.bucket.Close()
}
