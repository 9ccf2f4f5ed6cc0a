package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"taskwire/identity"
)

// What a signed link is good for.
const (
	linkUpload  = "upload"
	linkPreview = "preview"
)

const (
	uploadLinkLife  = 15 * time.Minute
	previewLinkLife = time.Hour
)

// links make keys for addresses that are used without a token: an <img> sends
// none. A key is good for one purpose, one attachment and a while; it holds the
// user, so it is sealed and not only signed.
type links struct{ aead cipher.AEAD }

func newLinks(signer *identity.Signer) *links {
	block, err := aes.NewCipher(signer.Derive("links"))
	if err != nil {
		panic(err) // 32 bytes are a key of AES
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &links{aead}
}

// seal makes a key that is good for life.
func (l *links) seal(purpose, attachment, user string, life time.Duration) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(life).Unix()))
	text = append(text, user...)
	return base64.RawURLEncoding.EncodeToString(l.aead.Seal(nil, nil, text, boundTo(purpose, attachment)))
}

// open returns whose key it is.
func (l *links) open(purpose, attachment, key string) (user string, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(key)
	if err != nil || strings.ContainsAny(key, "\r\n") { // which even strict decoding leaves out
		return "", false
	}
	text, err := l.aead.Open(nil, nil, sealed, boundTo(purpose, attachment))
	if err != nil || len(text) <= 8 {
		return "", false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(text)), 0)
	return string(text[8:]), time.Now().Before(until)
}

// boundTo is what a key is bound to.
func boundTo(purpose, attachment string) []byte { return []byte(purpose + "\x00" + attachment) }
