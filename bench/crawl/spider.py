import scrapy


class Shop(scrapy.Spider):
    name = "shop"
    fields = [("h1", "h1::text"), ("price", "div.card span.price::text"), ("footer", "footer::text")]

    def __init__(self, url, fields):
        self.start_urls, self.wanted = [url], self.fields[: int(fields)]

    def parse(self, page):
        yield {"url": page.url, "title": page.css("title::text").get(), **{name: page.css(css).get() for name, css in self.wanted}}
        yield from page.follow_all(css="a[href]")
