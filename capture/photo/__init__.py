"""temp."""
class Examiner:
    def __enter__(self): return self
    def __exit__(self,*a): pass
    def examine(self,p): return ()
