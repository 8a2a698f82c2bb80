smoke = dict()
