package crawl

// FileName is what Options.Save calls the file of a page.
var FileName = fileName
