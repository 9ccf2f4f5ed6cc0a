package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"taskwire/adapter/chatkit"
)

const (
	pageSize     = 20
	maxPageSize  = 100
	maxParameter = 200 // characters
)

// readQuery reads the parameters of a request: each at most once, and none but
// those that are known.
func readQuery(r *http.Request, known ...string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errQuery
	}
	for name, values := range query {
		switch {
		case !slices.Contains(known, name):
			last := len(known) - 1
			return nil, invalidField(name, "no such parameter; there are "+strings.Join(known[:last], ", ")+" and "+known[last])
		case len(values) > 1:
			return nil, invalidField(name, "given more than once")
		case !utf8.ValidString(values[0]) || strings.Contains(values[0], "\x00"):
			return nil, invalidField(name, "must be text in UTF-8")
		case utf8.RuneCountInString(values[0]) > maxParameter:
			return nil, invalidField(name, "must have at most "+strconv.Itoa(maxParameter)+" characters")
		}
	}
	return query, nil
}

var errQuery = refuse(http.StatusBadRequest, "invalid", "The query cannot be read.")

// readPage reads which page is wanted, as ChatKit's lists do.
func readPage(query url.Values) (p chatkit.PageParams, err error) {
	p.After = query.Get("after")
	if p.Limit, err = pageLimit(query.Get("limit")); err != nil {
		return p, err
	}
	switch query.Get("order") {
	case "", "desc":
	case "asc":
		p.Ascending = true
	default:
		return p, invalidField("order", "must be asc or desc")
	}
	return p, nil
}

// pageLimit reads a limit: none and 0 are 20, what is above 100 is 100.
func pageLimit(text string) (int, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, invalidField("limit", "must be a whole number and not negative")
	}
	n, err := strconv.Atoi(text)
	switch {
	case text == "" || err == nil && n == 0:
		return pageSize, nil
	case err != nil: // too many digits
		return maxPageSize, nil
	}
	return min(n, maxPageSize), nil
}
