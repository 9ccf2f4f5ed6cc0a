package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// keyFile is where the adapter's key lies in the data folder: PKCS #8 in PEM,
// as openssl genpkey -algorithm ed25519 writes it.
const keyFile = "signing-key.pem"

// LoadKey reads the signing key of the data folder dir, and makes it (0600, in
// a folder of 0700) where there is none. Processes that start at the same time
// get the same key.
func LoadKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, keyFile)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := makeKey(dir, path); err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	return readKey(path) // perhaps another process's, who was first
}

func readKey(path string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the signing key %s can be read by everybody on this machine: chmod 600 it, or delete it and a new one is made", path)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, notAKey(path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, notAKey(path)
	}
	return key, nil
}

func notAKey(path string) error {
	return fmt.Errorf("the signing key %s is no Ed25519 key in PKCS #8: put it back, or delete it and a new one is made", path)
}

// makeKey writes the key beside its place and links it there, which fails if
// another process was first: nobody ever reads half a key, nor one that is
// replaced a moment later.
func makeKey(dir, path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, keyFile+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
